import Plans
import Schemas
import TestKit

/// Functions of numbers and texts, by the standard library's own means.
extension NaiveInterpreter {
  func number(_ name: String, _ values: [Cell]) throws -> Cell? {
    switch (name, values[0], values.count > 1 ? values[1] : .null) {
    case ("abs", .int(let a), _): return a == .min ? try fail() : .int(Swift.abs(a))
    case ("sign", .int(let a), _): return .int(a.signum())
    case ("bitnot", .int(let a), _): return .int(-1 - a)
    case ("bit_count", .int(let a), _):
      return .int(Int64(String(UInt64(bitPattern: a), radix: 2).count { $0 == "1" }))
    case ("bitand", .int(let a), .int(let b)): return .int(a & b)
    case ("bitor", .int(let a), .int(let b)): return .int(a | b)
    case ("bitxor", .int(let a), .int(let b)): return .int(a ^ b)
    case ("shift_left", .int(let a), .int(let b)):
      var value = a
      for _ in 0..<Int(min(64, max(0, b))) { value = value &* 2 }
      return .int(value)
    case ("shift_right", .int(let a), .int(let b)):
      var value = a
      // Rounding down, which division does not.
      for _ in 0..<Int(min(64, max(0, b))) {
        value = value < 0 && value % 2 != 0 ? value / 2 - 1 : value / 2
      }
      return .int(value)
    case ("add", .float(let a), .float(let b)): return .float(a + b)
    case ("subtract", .float(let a), .float(let b)): return .float(a - b)
    case ("multiply", .float(let a), .float(let b)): return .float(a * b)
    case ("divide", .float(let a), .float(let b)): return b == 0 ? try fail() : .float(a / b)
    case ("negate", .float(let a), _): return .float(0 - a)
    case ("abs", .float(let a), _): return .float(a < 0 ? 0 - a : a)
    case ("sign", .float(let a), _): return .float(a > 0 ? 1 : a < 0 ? -1 : a)
    case ("ceil", .float(let a), _): return .float(a.rounded(.up))
    case ("floor", .float(let a), _): return .float(a.rounded(.down))
    case ("sqrt", .float(let a), _): return .float(a.squareRoot())
    case ("hex", .int(let a), _):
      return .text(String(UInt64(bitPattern: a), radix: 16).uppercased())
    default: return nil
    }
  }

  private func fail() throws -> Cell { throw Failure() }

  func text(_ name: String, _ values: [Cell]) -> Cell? {
    guard case .text(let text) = values[0] else { return nil }
    let scalars = Array(text.unicodeScalars)
    switch (name, values.count > 1 ? values[1] : .null) {
    case ("reverse", _): return .text(Self.joined(scalars.reversed()))
    case ("trim", _): return .text(Self.joined(Self.trimmed(scalars, start: true, end: true)))
    case ("ltrim", _): return .text(Self.joined(Self.trimmed(scalars, start: true, end: false)))
    case ("rtrim", _): return .text(Self.joined(Self.trimmed(scalars, start: false, end: true)))
    case ("left", .int(let n)): return .text(Self.joined(scalars.prefix(Int(max(0, n)))))
    case ("right", .int(let n)): return .text(Self.joined(scalars.suffix(Int(max(0, n)))))
    case ("byte_length", _): return .int(Int64(text.utf8.count))
    case ("hex", _):
      let digits = text.utf8.map { String(Int($0) + 256, radix: 16).dropFirst().uppercased() }
      return .text(digits.joined())
    case ("position", .text(let other)): return .int(Self.place(of: scalars, in: other))
    case ("instr", .text(let other)):
      return .int(Self.place(of: Array(other.unicodeScalars), in: text))
    case ("starts_with", .text(let other)): return .bool(scalars.starts(with: other.unicodeScalars))
    case ("ends_with", .text(let other)):
      return .bool(scalars.reversed().starts(with: other.unicodeScalars.reversed()))
    case ("contains", .text(let other)):
      return .bool(Self.place(of: Array(other.unicodeScalars), in: text) > 0)
    case ("replace", .text(let needle)): return replaced(scalars, needle, values[2])
    case ("lpad", .int(let n)): return padded(scalars, Int(n), values[2], atStart: true)
    case ("rpad", .int(let n)): return padded(scalars, Int(n), values[2], atStart: false)
    default: return nil
    }
  }

  private static func joined(_ scalars: some Sequence<Unicode.Scalar>) -> String {
    var text = ""
    text.unicodeScalars.append(contentsOf: scalars)
    return text
  }

  private static func trimmed(
    _ scalars: [Unicode.Scalar], start: Bool, end: Bool
  ) -> [Unicode.Scalar] {
    var rest = scalars[...]
    while start, rest.first == " " { rest = rest.dropFirst() }
    while end, rest.last == " " { rest = rest.dropLast() }
    return Array(rest)
  }

  /// From 1; 0 where it does not occur.
  private static func place(of needle: [Unicode.Scalar], in text: String) -> Int64 {
    let scalars = Array(text.unicodeScalars)
    for start in 0...scalars.count where scalars[start...].starts(with: needle) {
      return Int64(start) + 1
    }
    return 0
  }

  private func replaced(_ scalars: [Unicode.Scalar], _ needle: String, _ other: Cell) -> Cell {
    guard case .text(let replacement) = other else { return .null }
    let pattern = Array(needle.unicodeScalars)
    if pattern.isEmpty { return .text(Self.joined(scalars)) }
    var made: [Unicode.Scalar] = []
    var at = 0
    while at < scalars.count {
      if scalars[at...].starts(with: pattern) {
        made += replacement.unicodeScalars
        at += pattern.count
      } else {
        made.append(scalars[at])
        at += 1
      }
    }
    return .text(Self.joined(made))
  }

  private func padded(
    _ scalars: [Unicode.Scalar], _ count: Int, _ other: Cell, atStart: Bool
  ) -> Cell {
    guard case .text(let pad) = other, count >= 0 else { return .null }
    if count <= scalars.count { return .text(Self.joined(scalars.prefix(count))) }
    let pattern = Array(pad.unicodeScalars)
    if pattern.isEmpty { return .null }
    let missing = (0..<(count - scalars.count)).map { pattern[$0 % pattern.count] }
    return .text(Self.joined(atStart ? missing + scalars : scalars + missing))
  }
}
