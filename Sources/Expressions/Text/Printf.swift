import Columns

/// `printf`: the values of a row put into a format. Each comes as text, which says all of it.
struct Printf: TextFunction {
  private let format: FormatText
  private var texts: [(reader: TextReader, validity: UnsafePointer<UInt8>?)] = []

  init(_ format: FormatText) { self.format = format }

  mutating func prepare(_ arguments: [Column]) {
    texts = arguments.compactMap { column in
      TextReader(column).map { ($0, column.validity.map { UnsafePointer($0) }) }
    }
  }

  func write(_ row: Int, to buffer: ByteBuffer, _ frame: Frame) -> Bool {
    let start = buffer.count
    for piece in format.pieces {
      switch piece {
      case .literal(let bytes): bytes.withUnsafeBufferPointer { buffer.append($0) }
      case .value(let specifier):
        let text = texts[specifier.argument]
        let isNull = text.validity.map { $0[row] == 0 } ?? false
        specifier.write(isNull ? nil : text.reader[row], to: buffer)
      }
      if buffer.count - start > Limits.textBytes {
        frame.fail(row, .textTooLong(operation: "printf"))
        return false
      }
    }
    return true
  }
}

extension FormatText.Specifier {
  /// Writes a value that is given as text; nil for null.
  func write(_ value: UnsafeBufferPointer<UInt8>?, to buffer: ByteBuffer) {
    guard let value else {
      return switch conversion {
      case .bool, .presence: pad(Array("false".utf8), cuts: true, to: buffer)
      case .text: pad(Array("null".utf8), cuts: true, to: buffer)
      default: pad(Array("null".utf8), cuts: false, to: buffer)
      }
    }
    switch conversion {
    case .text, .bool: pad(Array(value), cuts: true, to: buffer)
    case .presence: pad(Array("true".utf8), cuts: true, to: buffer)
    case .whole: number(DecimalDigits(value), of: value, to: buffer) { $0.digits }
    case .fixed:
      number(DecimalDigits(value), of: value, to: buffer) { $0.fixed(precision ?? 6) }
    case .scientific:
      number(DecimalDigits(value), of: value, to: buffer) { $0.scientific(precision ?? 6) }
    case .bits(let count):
      let bits = UInt64(bitPattern: IntegerText.parse(value) ?? 0)
      let digits = Array(String(bits, radix: 1 << count).utf8)
      let prefix = flags.contains("#") ? (count == 4 ? "0x" : "0") : ""
      zeroPad(Array(prefix.utf8), digits, to: buffer)
    }
  }

  /// `digits` are what is written behind the sign.
  private func number(
    _ parsed: DecimalDigits?, of value: UnsafeBufferPointer<UInt8>, to buffer: ByteBuffer,
    _ digits: (DecimalDigits) -> [UInt8]
  ) {
    let isNegative = value.first == UInt8(ascii: "-")
    var (before, behind) = (isNegative ? "-" : "", "")
    if isNegative, flags.contains("(") { (before, behind) = ("(", ")") }
    if !isNegative, flags.contains("+") { before = "+" }
    if !isNegative, flags.contains(" ") { before = " " }
    guard let parsed else {
      // NaN and the infinities, which have no digits to fill up with zeros.
      let name = isNegative ? Array(value.dropFirst()) : Array(value)
      return pad(Array(before.utf8) + name + Array(behind.utf8), cuts: false, to: buffer)
    }
    var text = digits(parsed)
    if flags.contains(",") { text = Self.grouped(text) }
    zeroPad(Array(before.utf8), text + Array(behind.utf8), to: buffer)
  }

  /// A comma between each three digits before the point.
  private static func grouped(_ text: [UInt8]) -> [UInt8] {
    let whole = text.firstIndex(of: UInt8(ascii: ".")) ?? text.count
    var grouped: [UInt8] = []
    for (place, byte) in text.enumerated() {
      if place > 0, place < whole, (whole - place).isMultiple(of: 3) {
        grouped.append(UInt8(ascii: ","))
      }
      grouped.append(byte)
    }
    return grouped
  }

  private func zeroPad(_ prefix: [UInt8], _ digits: [UInt8], to buffer: ByteBuffer) {
    let missing = max(0, width - prefix.count - digits.count)
    let zeros = flags.contains("0") ? [UInt8](repeating: UInt8(ascii: "0"), count: missing) : []
    pad(prefix + zeros + digits, cuts: false, to: buffer)
  }

  /// Cut to the precision where it counts characters, and filled up with spaces to the width.
  private func pad(_ bytes: [UInt8], cuts: Bool, to buffer: ByteBuffer) {
    var text = bytes
    if isUppercase { text = Array(String(decoding: text, as: UTF8.self).uppercased().utf8) }
    if cuts, let precision {
      text = Array(String(String.UnicodeScalarView(scalars(text).prefix(precision))).utf8)
    }
    let spaces = max(0, width - scalars(text).count)
    if !flags.contains("-") {
      for _ in 0..<spaces { buffer.append(UInt8(ascii: " ")) }
    }
    text.withUnsafeBufferPointer { buffer.append($0) }
    if flags.contains("-") {
      for _ in 0..<spaces { buffer.append(UInt8(ascii: " ")) }
    }
  }

  private func scalars(_ text: [UInt8]) -> String.UnicodeScalarView {
    String(decoding: text, as: UTF8.self).unicodeScalars
  }
}
