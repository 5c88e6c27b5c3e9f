import Columns
import Plans
import Schemas

/// What became of a cell that was read.
enum CellOutcome: Equatable {
  case value
  case null
  /// What was expected and found: `an int was expected, not a text`.
  case failure(String)
}

/// How the cells of one column are read: its type and the rules of the definition.
struct CellReading {
  let column: DecodedColumn
  /// Takes a text for a number, a number with `.0` for an int, and the like.
  let coerce: Bool
  /// Cells have no type of their own (CSV): every value is text.
  let isUntyped: Bool
  /// Of `TimeFormat.pattern`, with the zone of texts that name none.
  let pattern: (form: TimePattern, zone: TimeZoneRules)?
  /// Of a nested column.
  let nested: NestedReading?

  init(_ column: DecodedColumn, coerce: Bool, isUntyped: Bool) throws(FormatError) {
    self.column = column
    self.coerce = coerce
    self.isUntyped = isUntyped
    pattern = try Self.pattern(column)
    nested = column.field.type.isNested ? try NestedReading(column, coerce: coerce) : nil
  }

  private static func pattern(
    _ column: DecodedColumn
  ) throws(FormatError) -> (form: TimePattern, zone: TimeZoneRules)? {
    guard case .pattern(let text, let zone) = column.timeFormat else { return nil }
    let place = "column `\(column.field.name)`"
    guard let rules = zone.isEmpty ? .utc : TimeZoneRules.named(zone) else {
      throw FormatError("\(place): there is no time zone `\(zone)`")
    }
    do throws(TimePattern.Mistake) {
      return (try TimePattern(text), rules)
    } catch {
      throw FormatError("\(place): pattern `\(text)`: \(error.reason)")
    }
  }

  var type: DataType { column.field.type }

  /// Whether a text may be read as a number or a truth value.
  var takesText: Bool { coerce || isUntyped }

  /// `an int`, for messages.
  static func name(of kind: UInt32, _ first: UInt8?) -> String {
    switch kind {
    case CellSlots.Kind.text, CellSlots.Kind.escaped: "a text"
    case CellSlots.Kind.number: "a number"
    case CellSlots.Kind.yes: "`true`"
    case CellSlots.Kind.no: "`false`"
    case CellSlots.Kind.null: "null"
    case CellSlots.Kind.nested: first == UInt8(ascii: "[") ? "an array" : "an object"
    default: "nothing"
    }
  }

  /// `expected`: what a cell should hold, where that is not the type's name.
  func mismatch(
    _ kind: UInt32, _ bytes: UnsafeBufferPointer<UInt8>, expected: String? = nil
  ) -> CellOutcome {
    let expected = expected ?? "\(type)"
    let shown = String(decoding: bytes.prefix(40), as: UTF8.self)
    let dots = bytes.count > 40 ? "…" : ""
    if isUntyped { return .failure("\(expected) was expected, not `\(shown)\(dots)`") }
    return .failure(
      "\(expected) was expected, not \(Self.name(of: kind, bytes.first)) (`\(shown)\(dots)`)")
  }
}

extension CellReading {
  /// Of `int` columns.
  func int(
    _ kind: UInt32, _ bytes: UnsafeBufferPointer<UInt8>, into value: inout Int64
  ) -> CellOutcome {
    let isNumber = kind == CellSlots.Kind.number
    guard isNumber || (takesText && kind == CellSlots.Kind.text) else {
      if coerce, kind == CellSlots.Kind.yes || kind == CellSlots.Kind.no {
        value = kind == CellSlots.Kind.yes ? 1 : 0
        return .value
      }
      return mismatch(kind, bytes)
    }
    if let parsed = IntegerText.parse(bytes) {
      value = parsed
      return .value
    }
    if coerce, DecimalText.isExact(bytes, scale: 0),
      let exact = DecimalText.parse(bytes, scale: 0), let parsed = Int64(exactly: exact)
    {
      value = parsed
      return .value
    }
    let isWhole = !bytes.contains { $0 == UInt8(ascii: ".") || $0 | 0x20 == UInt8(ascii: "e") }
    if isNumber, isWhole { return .failure("\(text(bytes)) is out of an int's range") }
    return mismatch(kind, bytes)
  }

  func float(
    _ kind: UInt32, _ bytes: UnsafeBufferPointer<UInt8>, into value: inout Double
  ) -> CellOutcome {
    let isNumber = kind == CellSlots.Kind.number
    guard isNumber || (takesText && kind == CellSlots.Kind.text) else {
      return mismatch(kind, bytes)
    }
    guard let parsed = FloatText.parse(bytes, special: !isNumber) else {
      return isNumber
        ? .failure("\(text(bytes)) is out of a float's range") : mismatch(kind, bytes)
    }
    value = parsed
    return .value
  }

  func decimal(
    _ kind: UInt32, _ bytes: UnsafeBufferPointer<UInt8>, into value: inout Int128
  ) -> CellOutcome {
    guard case .decimal(let precision, let scale) = type else { return mismatch(kind, bytes) }
    let isNumber = kind == CellSlots.Kind.number
    guard isNumber || (takesText && kind == CellSlots.Kind.text) else {
      return mismatch(kind, bytes)
    }
    guard let parsed = DecimalText.parse(bytes, precision: precision, scale: scale) else {
      return isNumber
        ? .failure("\(text(bytes)) is out of the range of \(type)") : mismatch(kind, bytes)
    }
    value = parsed
    return .value
  }

  func bool(
    _ kind: UInt32, _ bytes: UnsafeBufferPointer<UInt8>, into value: inout UInt8
  ) -> CellOutcome {
    if kind == CellSlots.Kind.yes || kind == CellSlots.Kind.no {
      value = kind == CellSlots.Kind.yes ? 1 : 0
      return .value
    }
    let isCandidate =
      kind == CellSlots.Kind.text && takesText || kind == CellSlots.Kind.number && coerce
    guard isCandidate, bytes.count <= 5 else { return mismatch(kind, bytes) }
    switch text(bytes).lowercased() {
    case "true", "1": value = 1
    case "false", "0": value = 0
    default: return mismatch(kind, bytes)
    }
    return .value
  }

  func text(_ bytes: UnsafeBufferPointer<UInt8>) -> String {
    String(decoding: bytes.prefix(60), as: UTF8.self)
  }
}
