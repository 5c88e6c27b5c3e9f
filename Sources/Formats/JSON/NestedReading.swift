import CPlatform
package import Columns
import Plans
package import Schemas

/// Reads JSON into the cells of nested columns, by the rules of all columns: unknown fields are
/// ignored, of equal names the last wins, a missing or null field is null in a `T?` and a fault
/// in a `T`.
///
/// Belongs to one thread: it keeps scratch between values.
package final class NestedReading {
  /// A value's place in a checked document: its kind and its bytes, a text's without quotes.
  struct Cell {
    var kind: UInt32
    var bytes: UnsafeBufferPointer<UInt8>

    init(kind: UInt32, bytes: UnsafeBufferPointer<UInt8>) {
      self.kind = kind
      self.bytes = bytes
    }

    init(_ value: JSONWalker.Value, in base: UnsafePointer<UInt8>) {
      kind = value.size & 7
      bytes = UnsafeBufferPointer(start: base + Int(value.start), count: Int(value.size >> 3))
    }

    static var missing: Cell {
      Cell(kind: CellSlots.Kind.missing, bytes: UnsafeBufferPointer(start: nil, count: 0))
    }

    var isNull: Bool { kind == CellSlots.Kind.null || kind == CellSlots.Kind.missing }
  }

  private enum Shape {
    case scalar(CellReading)
    case list(NestedReading)
    case map(NestedReading)
    case structure([NestedReading], JSONNames, StructLayout)
  }

  /// Bytes of a value at most. A few characters may stand for hundreds of them: `{}` for a struct
  /// of many fields that may be null.
  package static let longest = 256 << 20

  private let field: Field
  private let shape: Shape
  private let longest: Int
  private let scratch = ByteBuffer(capacity: 64)

  package convenience init(
    _ type: DataType, longest: Int = NestedReading.longest
  ) throws(FormatError) {
    try self.init(
      DecodedColumn(field: Field("", type), origin: .field("")), coerce: false, longest: longest)
  }

  init(
    _ column: DecodedColumn, coerce: Bool, longest: Int = NestedReading.longest
  ) throws(FormatError) {
    field = column.field
    self.longest = longest
    var parts: [NestedReading] = []
    for part in column.allParts {
      parts.append(try NestedReading(part, coerce: coerce, longest: longest))
    }
    switch column.field.type {
    case .list: shape = .list(parts[0])
    case .map: shape = .map(parts[0])
    case .structure(let fields):
      var names: [String] = []
      for part in column.allParts {
        guard case .field(let name) = part.origin else {
          throw FormatError("`\(part.field.name)`: a field of a struct comes from the struct")
        }
        names.append(name)
      }
      shape = .structure(parts, JSONNames(names), StructLayout(fields.map(\.type)))
    default: shape = .scalar(try CellReading(column, coerce: coerce, isUntyped: false))
    }
  }

  /// Reads a whole document, which is checked first. 64 bytes behind its end are readable.
  package func read(
    document: UnsafeBufferPointer<UInt8>, to buffer: ByteBuffer
  ) -> NestedFault? {
    guard document.count <= CellSlots.longest else {
      return NestedFault(.reason("the document is longer than \(CellSlots.longest) bytes"))
    }
    let fault = JSONWalker.validate(document)
    guard fault.isNone, let base = document.baseAddress else {
      return NestedFault(.reason(fault.reason))
    }
    var walker = JSONWalker(base, start: 0, end: document.count)
    walker.skipSpace()
    guard let value = walker.takeValue(depth: 0) else {
      return NestedFault(.reason(walker.fault.reason))
    }
    return read(Cell(value, in: base), to: buffer)
  }

  /// Appends what the text says to a column of the type; nil where it is none. A cold path.
  package func append(json text: String, to builder: ColumnBuilder) -> Void? {
    let document = ByteBuffer(capacity: text.utf8.count)
    document.append(string: text)
    let cell = ByteBuffer(capacity: text.utf8.count)
    guard read(document: document.bytes, to: cell) == nil else { return nil }
    return builder.append(text: cell.bytes)
  }

  /// Writes a value that is neither null nor missing behind the buffer's end, or says what is
  /// wrong; then what was written is to be taken back.
  func read(_ cell: Cell, to buffer: ByteBuffer) -> NestedFault? {
    switch shape {
    case .scalar(let reading): return readScalar(cell, reading, to: buffer)
    case .list(let element):
      guard cell.isOpened(by: UInt8(ascii: "[")) else { return mismatch(cell, "an array") }
      return readList(cell, element, to: buffer)
    case .map(let value):
      guard cell.isOpened(by: UInt8(ascii: "{")) else { return mismatch(cell, "an object") }
      return readMap(cell, value, to: buffer)
    case .structure(let fields, let names, let layout):
      guard cell.isOpened(by: UInt8(ascii: "{")) else { return mismatch(cell, "an object") }
      return readStruct(cell, fields, names, layout, to: buffer)
    }
  }

  private var tooLong: NestedFault {
    NestedFault(.reason("the value takes more than \(longest >> 20) MiB as \(field.type)"))
  }

  private func mismatch(_ cell: Cell, _ expected: String) -> NestedFault {
    NestedFault(
      .reason("\(expected) was expected, not \(cell.description)"))
  }

  /// What a value that is left out means: null, or a fault.
  private func absence(_ cell: Cell) -> NestedFault? {
    if field.isNullable { return nil }
    return NestedFault(cell.kind == CellSlots.Kind.null ? .null(field.type) : .missing(field.type))
  }
}

extension NestedReading {
  private func readList(
    _ cell: Cell, _ element: NestedReading, to buffer: ByteBuffer
  ) -> NestedFault? {
    let type = element.field.type
    let elements = cell.elements
    let begun = buffer.count
    let writer = SlotWriter(
      list: type, count: elements.count, hasNulls: elements.contains(where: \.isNull), to: buffer)
    for (index, value) in elements.enumerated() {
      let fault: NestedFault?
      if value.isNull {
        fault = element.absence(value)
      } else if type.isText {
        let start = buffer.count
        fault = element.read(value, to: buffer)
        if fault == nil { writer.close(element: index, from: start) }
      } else {
        scratch.removeAll()
        fault = element.read(value, to: scratch)
        if fault == nil { writer.put(index, scratch.bytes, type) }
      }
      if let fault { return fault.at(index) }
      if buffer.count - begun > longest { return tooLong }
    }
    return nil
  }

  private func readStruct(
    _ cell: Cell, _ fields: [NestedReading], _ names: JSONNames, _ layout: StructLayout,
    to buffer: ByteBuffer
  ) -> NestedFault? {
    let begun = buffer.count
    var values = [Cell](repeating: .missing, count: fields.count)
    cell.forEachMember { name, hasEscape, value in
      let place = hasEscape ? plain(name) { names.field($0) } : names.field(name)
      if place < values.count { values[place] = value }
    }
    let writer = SlotWriter(layout, to: buffer)
    for (index, value) in values.enumerated() {
      let reading = fields[index]
      let fault: NestedFault?
      if value.isNull {
        fault = reading.absence(value)
      } else if reading.field.type.isText {
        let start = buffer.count
        fault = reading.read(value, to: buffer)
        if fault == nil { writer.close(field: index, from: start, layout) }
      } else {
        scratch.removeAll()
        fault = reading.read(value, to: scratch)
        if fault == nil { writer.put(field: index, scratch.bytes, layout) }
      }
      if let fault { return fault.below(reading.field.name) }
      if buffer.count - begun > longest { return tooLong }
    }
    return nil
  }

  private func readMap(
    _ cell: Cell, _ value: NestedReading, to buffer: ByteBuffer
  ) -> NestedFault? {
    // Keys and values lie here until all are known and can be put in order.
    let parts = ByteBuffer(capacity: cell.bytes.count)
    var places: [(key: Range<Int>, value: Range<Int>?)] = []
    var fault: NestedFault?
    cell.forEachMember { name, hasEscape, member in
      guard fault == nil else { return }
      let start = parts.count
      if hasEscape { plain(name) { parts.append($0) } } else { parts.append(name) }
      let key = start..<parts.count
      if member.isNull {
        fault = value.absence(member)
        places.append((key, nil))
      } else {
        fault = value.read(member, to: parts)
        places.append((key, key.upperBound..<parts.count))
      }
      if fault == nil, parts.count > longest { fault = tooLong }
      if let found = fault {
        fault = found.below(key: String(decoding: parts.bytes[key], as: UTF8.self))
      }
    }
    if let fault { return fault }
    let all = parts.bytes
    let entries = places.map { place in
      (
        key: UnsafeBufferPointer(rebasing: all[place.key]),
        value: place.value.map { UnsafeBufferPointer(rebasing: all[$0]) }
      )
    }
    NestedWriter.map(entries, of: value.field.type, to: buffer)
    return nil
  }

  /// A text with its escapes resolved.
  private func plain<Result>(
    _ text: UnsafeBufferPointer<UInt8>, _ body: (UnsafeBufferPointer<UInt8>) -> Result
  ) -> Result {
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: max(text.count, 1)) { room in
      guard let target = room.baseAddress else { return body(text) }
      let length = JSONEscape.resolve(text, to: target)
      return body(UnsafeBufferPointer(start: target, count: length))
    }
  }

  private func readScalar(
    _ cell: Cell, _ reading: CellReading, to buffer: ByteBuffer
  ) -> NestedFault? {
    let outcome: CellOutcome
    switch field.type {
    case .string, .bytes, .json: outcome = readText(cell, reading, to: buffer)
    default:
      guard cell.kind == CellSlots.Kind.escaped else {
        outcome = readFixed(cell.kind, cell.bytes, reading, to: buffer)
        break
      }
      outcome = plain(cell.bytes) { readFixed(CellSlots.Kind.text, $0, reading, to: buffer) }
    }
    guard case .failure(let reason) = outcome else { return nil }
    return NestedFault(.reason(reason))
  }

  private func readText(
    _ cell: Cell, _ reading: CellReading, to buffer: ByteBuffer
  ) -> CellOutcome {
    let isText = cell.kind == CellSlots.Kind.text || cell.kind == CellSlots.Kind.escaped
    switch field.type {
    case .json:
      let quotes = isText ? 1 : 0
      guard let base = cell.bytes.baseAddress else { return .value }
      buffer.append(
        UnsafeBufferPointer(start: base - quotes, count: cell.bytes.count + 2 * quotes))
      return .value
    case .bytes:
      let isRead =
        isText
        && (cell.kind == CellSlots.Kind.text
          ? Base64.parse(cell.bytes, to: buffer)
          : plain(cell.bytes) { Base64.parse($0, to: buffer) })
      return isRead ? .value : .failure("base64 text was expected, not \(cell.description)")
    default: break
    }
    switch cell.kind {
    case CellSlots.Kind.text: buffer.append(cell.bytes)
    case CellSlots.Kind.escaped: plain(cell.bytes) { buffer.append($0) }
    case CellSlots.Kind.number, CellSlots.Kind.yes, CellSlots.Kind.no:
      guard reading.coerce else { return reading.mismatch(cell.kind, cell.bytes) }
      buffer.append(cell.bytes)
    default: return reading.mismatch(cell.kind, cell.bytes)
    }
    return .value
  }

  private func readFixed(
    _ kind: UInt32, _ bytes: UnsafeBufferPointer<UInt8>, _ reading: CellReading,
    to buffer: ByteBuffer
  ) -> CellOutcome {
    func put<Value: BitwiseCopyable>(
      _ zero: Value, _ read: (inout Value) -> CellOutcome
    ) -> CellOutcome {
      var value = zero
      let outcome = read(&value)
      if outcome == .value {
        UnsafeMutableRawPointer(buffer.reserve(MemoryLayout<Value>.size)).storeBytes(
          of: value, as: Value.self)
        buffer.commit(MemoryLayout<Value>.size)
      }
      return outcome
    }
    switch field.type {
    case .bool: return put(UInt8(0)) { reading.bool(kind, bytes, into: &$0) }
    case .int: return put(Int64(0)) { reading.int(kind, bytes, into: &$0) }
    case .float: return put(Double(0)) { reading.float(kind, bytes, into: &$0) }
    case .decimal: return put(Int128(0)) { reading.decimal(kind, bytes, into: &$0) }
    default: return put(Int64(0)) { reading.time(kind, bytes, into: &$0) }
    }
  }
}
