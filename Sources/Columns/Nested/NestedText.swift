package import Schemas

/// How values are written as JSON.
package struct JSONStyle: Sendable {
  package var timestamps = TimestampStyle.rfc3339
  package var decimalsAsText = false
  /// Fields of structs that are null are left out.
  package var omitsNulls = false

  package init() {}
}

/// How points in time are written.
package enum TimestampStyle: Sendable {
  case rfc3339, epochSeconds, epochMilliseconds, epochMicroseconds

  package func write(_ micros: Int64, to buffer: ByteBuffer) {
    switch self {
    case .rfc3339: TimestampText.write(micros, to: buffer)
    case .epochMicroseconds: IntegerText.write(micros, to: buffer)
    case .epochMilliseconds: writeScaled(micros, scale: 3, to: buffer)
    case .epochSeconds: writeScaled(micros, scale: 6, to: buffer)
    }
  }

  /// A whole number where it is one, else with as many digits as the value needs.
  private func writeScaled(_ micros: Int64, scale: Int, to buffer: ByteBuffer) {
    let unit: Int64 = scale == 3 ? 1000 : 1_000_000
    if micros % unit == 0 { return IntegerText.write(micros / unit, to: buffer) }
    let start = buffer.count
    DecimalText.write(Int128(micros), scale: scale, to: buffer)
    var end = buffer.count
    while end > start, buffer.base[end - 1] == UInt8(ascii: "0") { end -= 1 }
    buffer.truncate(to: end)
  }
}

/// Writes nested values as JSON: a list as an array, a map and a struct as an object.
package struct NestedText: Sendable {
  private indirect enum Shape: Sendable {
    case scalar
    case list(NestedText, DataType)
    case map(NestedText, DataType)
    /// `"name":` before each field.
    case structure([(name: [UInt8], text: NestedText)], StructLayout)
  }

  private let type: DataType
  private let style: JSONStyle
  private let shape: Shape

  package init(_ type: DataType, _ style: JSONStyle = JSONStyle()) {
    self.type = type
    self.style = style
    switch type {
    case .list(let element):
      shape = .list(NestedText(element.type, style), element.type)
    case .map(let value):
      shape = .map(NestedText(value.type, style), value.type)
    case .structure(let fields):
      let members = fields.map { field in
        let name = ByteBuffer(capacity: field.name.utf8.count + 8)
        JSONText.write(Array(field.name.utf8), to: name)
        name.append(":")
        return (Array(name.bytes), NestedText(field.type, style))
      }
      shape = .structure(members, StructLayout(fields.map(\.type)))
    default: shape = .scalar
    }
  }

  /// Writes a value's bytes, as `Column.cell` gives them. The reason where it has no form in JSON:
  /// a float that is no number.
  package func write(_ cell: UnsafeBufferPointer<UInt8>, to buffer: ByteBuffer) -> String? {
    switch shape {
    case .scalar: return writeScalar(cell, to: buffer)
    case .list(let text, let element):
      let list = NestedList(cell, element: element)
      buffer.append(UInt8(ascii: "["))
      for index in 0..<list.count {
        if index > 0 { buffer.append(UInt8(ascii: ",")) }
        if let reason = text.write(element: list.element(index), to: buffer) { return reason }
      }
      buffer.append(UInt8(ascii: "]"))
    case .map(let text, let value):
      let map = NestedMap(cell, value: value)
      buffer.append(UInt8(ascii: "{"))
      for index in 0..<map.count {
        if index > 0 { buffer.append(UInt8(ascii: ",")) }
        JSONText.write(map.keys[index], to: buffer)
        buffer.append(UInt8(ascii: ":"))
        let reason = text.write(element: map.values.element(index), to: buffer)
        if let reason { return reason }
      }
      buffer.append(UInt8(ascii: "}"))
    case .structure(let members, let layout): return write(cell, members, layout, to: buffer)
    }
    return nil
  }

  private func write(
    _ cell: UnsafeBufferPointer<UInt8>, _ members: [(name: [UInt8], text: NestedText)],
    _ layout: StructLayout, to buffer: ByteBuffer
  ) -> String? {
    var separator = UInt8(ascii: "{")
    for (index, member) in members.enumerated() {
      let value = layout.field(index, of: cell)
      if value == nil, style.omitsNulls { continue }
      buffer.append(separator)
      separator = UInt8(ascii: ",")
      member.name.withUnsafeBufferPointer { buffer.append($0) }
      if let reason = member.text.write(element: value, to: buffer) { return reason }
    }
    if separator == UInt8(ascii: "{") { buffer.append(separator) }
    buffer.append(UInt8(ascii: "}"))
    return nil
  }

  private func write(element: UnsafeBufferPointer<UInt8>?, to buffer: ByteBuffer) -> String? {
    guard let element else {
      buffer.append("null")
      return nil
    }
    return write(element, to: buffer)
  }

  private func writeScalar(
    _ cell: UnsafeBufferPointer<UInt8>, to buffer: ByteBuffer
  ) -> String? {
    guard !type.isText else {
      switch type {
      case .string: JSONText.write(cell, to: buffer)
      case .json: JSONText.writeDocument(cell, to: buffer)
      default: quoted(buffer) { Base64.write(cell, to: buffer) }
      }
      return nil
    }
    guard let base = cell.baseAddress, cell.count >= type.width else { return nil }
    let raw = UnsafeRawPointer(base)
    switch type {
    case .bool: buffer.append(base[0] != 0 ? "true" : "false")
    case .float:
      let value = raw.loadUnaligned(as: Double.self)
      guard value.isFinite else { return "\(value) has no form in JSON" }
      FloatText.write(value, to: buffer)
    case .decimal(_, let scale):
      let value = raw.loadUnaligned(as: Int128.self)
      quoted(buffer, style.decimalsAsText) {
        DecimalText.write(value, scale: scale, to: buffer)
      }
    default: writeWord(raw.loadUnaligned(as: Int64.self), to: buffer)
    }
    return nil
  }

  private func writeWord(_ value: Int64, to buffer: ByteBuffer) {
    switch type {
    case .timestamp:
      quoted(buffer, style.timestamps == .rfc3339) { style.timestamps.write(value, to: buffer) }
    case .date: quoted(buffer) { DateText.write(value, to: buffer) }
    case .duration: quoted(buffer) { DurationText.write(value, to: buffer) }
    default: IntegerText.write(value, to: buffer)
    }
  }

  private func quoted(_ buffer: ByteBuffer, _ isQuoted: Bool = true, _ body: () -> Void) {
    if isQuoted { buffer.append(UInt8(ascii: "\"")) }
    body()
    if isQuoted { buffer.append(UInt8(ascii: "\"")) }
  }

  /// The value as text, for messages, tables on a screen and tests.
  package func string(_ cell: UnsafeBufferPointer<UInt8>) -> String {
    let buffer = ByteBuffer(capacity: 64)
    if let reason = write(cell, to: buffer) { return reason }
    return buffer.string
  }
}

extension Column {
  /// The JSON of a nested value, for cold paths.
  package func json(_ row: Int) -> String { NestedText(type).string(text(row)) }
}
