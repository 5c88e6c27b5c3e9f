import TestKit

/// CSV read byte by byte, slow and obvious.
enum CSVReference {
  struct Value {
    var bytes: [UInt8]
    var isQuoted: Bool

    func cell(isNullable: Bool) -> Cell {
      if bytes.isEmpty, !isQuoted, isNullable { return .null }
      return .text(String(decoding: bytes, as: UTF8.self))
    }
  }

  /// The lines that are not empty; a newline in a cell that begins with a quote is none.
  static func lines(_ file: [UInt8], _ separator: UInt8) -> [[UInt8]] {
    var lines: [[UInt8]] = [[]]
    var isQuoted = false
    // Whether the cell began with a quote: only then do further ones mean anything.
    var counts = false
    var before: UInt8 = 0x0A
    for byte in file {
      if !isQuoted, before == separator || before == 0x0A { counts = byte == UInt8(ascii: "\"") }
      // Behind a quoted part only a quote goes on with it.
      if !isQuoted, before != separator, before != 0x0A, before != UInt8(ascii: "\"") {
        counts = false
      }
      if counts, byte == UInt8(ascii: "\"") { isQuoted.toggle() }
      before = byte
      if byte == 0x0A, !isQuoted { lines.append([]) } else { lines[lines.count - 1].append(byte) }
    }
    return lines.map { $0.last == 0x0D ? $0.dropLast() : $0 }.filter { !$0.isEmpty }
  }

  /// The cells of a line; nil where it is no CSV.
  static func cells(_ line: [UInt8], _ separator: UInt8) -> [Value]? {
    guard String(validating: line, as: UTF8.self) != nil else { return nil }
    let quote = UInt8(ascii: "\"")
    var rest = line[...]
    if rest.last == 0x0A { rest.removeLast() }
    if rest.last == 0x0D { rest.removeLast() }
    var cells: [Value] = []
    while true {
      var value = Value(bytes: [], isQuoted: rest.first == quote)
      if value.isQuoted {
        rest.removeFirst()
        while rest.first != quote || rest.dropFirst().first == quote {
          guard let byte = rest.popFirst() else { return nil }
          if byte == quote { rest.removeFirst() }
          value.bytes.append(byte)
        }
        rest.removeFirst()
        guard rest.isEmpty || rest.first == separator else { return nil }
      } else {
        value.bytes = Array(rest.prefix { $0 != separator && $0 != quote })
        rest.removeFirst(value.bytes.count)
        if rest.first == quote { return nil }
      }
      cells.append(value)
      guard rest.popFirst() != nil else { return cells }
    }
  }
}
