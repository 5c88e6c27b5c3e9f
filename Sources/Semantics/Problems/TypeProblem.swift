import Diagnostics
import Plans
import Schemas

/// Values that don't fit together, or not where they stand.
enum TypeProblem: Problem {
  case operands(String, FieldType, FieldType, fix: Edit?)
  case operand(String, FieldType)
  case argument(function: String, index: Int, expected: String, found: FieldType)
  case argumentCount(function: String, expected: String, found: Int)
  case incomparable(FieldType, FieldType)
  case decimalWithFloat
  /// For who takes floats and no decimals.
  case decimalForFloat(String)
  case comparedWithNull(isEqual: Bool, left: String, fix: Edit?)
  case expected(String, found: FieldType, where: String)
  case tooWide(DataType, found: FieldType, where: String, text: String)
  case badText(String, as: String, example: String)
  case outOfRange(String, type: DataType)
  case impossibleCast(DataType, DataType, of: String, because: String?)
  case branches(FieldType, FieldType)
  case nullable(FieldType, where: String, hints: [Hint])
  case notConstant(String)
  case badPrecision
  case noValueHere(String)
  case badChoice(String, among: [String])
  /// `inJSON`: what makes an empty array of JSON, where that may be what is meant.
  case untyped(DataType, inJSON: Edit? = nil)
  case label(String, removal: Edit)
  case timeFormat(FieldType)
  case unknownTimeFormat(String)
  case emptyTimeFormat
  case overflow(String)
  /// `before` and `behind` the point: how many there may be.
  case tooManyDigits(String, where: String, before: Int, behind: Int)
  case shareRange
  case limitRange
  case noParameterType(FieldType)
  case badSetting(String, ParameterSetting, type: FieldType, example: String)
  case jsonPart(base: String, name: String)
  case unusableConstant(ConstantCheck.Flaw, value: String)

  func diagnostic(at span: Span) -> Diagnostic {
    switch self {
    case .operands(let symbol, let left, let right, let fix):
      return .error(
        "E0201", "`\(symbol)` does not take these two", span, "\(left) \(symbol) \(right)",
        hints: operandHint(symbol, left.type, right.type, fix))
    case .operand(let symbol, let type):
      return .error("E0201", "`\(symbol)` does not take this", span, "this is \(article(type))")
    case .argument(let function, let index, let expected, let found):
      return .error(
        "E0202", "argument \(index + 1) of `\(function)` does not fit", span,
        "expected \(expected), this is \(article(found))")
    case .argumentCount(let function, let expected, let found):
      return .error(
        "E0203", "`\(function)` takes \(expected)", span,
        found == 0 ? "there is none" : found == 1 ? "there is 1" : "there are \(found)")
    case .incomparable(let left, let right):
      return .error(
        "E0204", "these two can't be compared", span, "\(left) with \(right)")
    case .decimalWithFloat: return Self.inexact(nil, at: span)
    case .decimalForFloat(let text): return Self.inexact("write `cast(\(text) as float)`", at: span)
    case .comparedWithNull(let isEqual, let left, let fix):
      return .error(
        "E0206", "nothing equals null", span, "this is null for every row",
        hints: [
          Hint("write `\(left) is \(isEqual ? "" : "not ")null`", edits: fix.map { [$0] } ?? [])
        ])
    case .expected(let expected, let found, let place):
      return .error(
        "E0207", "\(place) must be \(expected)", span, "this is \(article(found))")
    case .badText(let text, let type, let example):
      return .error(
        "E0208", "\"\(cut(text))\" is no \(type)", span, "",
        hints: [Hint("written like \(example)")])
    case .outOfRange(let value, let type):
      return .error("E0208", "\(value) is out of range", span, "does not fit into \(type)")
    case .impossibleCast(_, _, _, let reason?):
      return .error(
        "E0209", "this value can't be cast part by part", span, "one part does not fit",
        notes: [reason])
    case .impossibleCast(let source, let target, let text, nil):
      return .error(
        "E0209", "\(source) can't be cast to \(target)", span, "",
        hints: castHint(source, target, text, span))
    default: return others(at: span)
    }
  }

  /// `hint`: where only one of both can be meant.
  private static func inexact(_ hint: String?, at span: Span) -> Diagnostic {
    .error(
      "E0205", "a decimal with a float", span, "would lose the decimal's exactness",
      hints: [
        Hint(hint ?? "say which you want: `cast(x as float)` or `cast(y as decimal(p, s))`")
      ])
  }

  private func others(at span: Span) -> Diagnostic {
    switch self {
    case .tooWide(let expected, let found, let place, let text):
      return tooWide(expected, found, place, text, at: span)
    case .branches(let first, let other):
      return .error(
        "E0210", "the branches have different types", span,
        "this is \(article(other)), the first is \(article(first))")
    case .nullable(let type, let place, let hints):
      return .error(
        "E0211", "\(place) may not be null", span, "this is \(article(type))", hints: hints)
    case .notConstant(let place):
      return .error(
        "E0212", "\(place) must be known before the first row", span,
        "write a constant or a param")
    case .badPrecision:
      return .error(
        "E0213", "a decimal has 1 to 38 digits", span, "",
        hints: [Hint("decimal(p, s): p digits in all, s of them behind the point, s ≤ p ≤ 38")])
    case .noValueHere(let what):
      return .error("E0215", "\(what) can't stand here", span, "a scalar value stands here")
    case .badChoice(let text, let choices):
      let quoted = Span(Int(span.start) + 1, Int(span.end) - 1, in: span.file)
      let suggestion = Suggestion(text, among: choices, at: quoted)
      return .error(
        "E0216", "\"\(cut(text))\" is none of the possible words", span, suggestion.label,
        notes: ["possible here: \(list(choices))"], hints: suggestion.hints)
    case .untyped(_, let empty?):
      return .error(
        "E0217", "the elements of this list have no type", span, "nothing here says which",
        hints: [
          Hint("an empty array of JSON is `json_array()`", edits: [empty]),
          Hint("of a list say which: `cast([] as list<T>)`"),
        ])
    case .untyped(let type, nil):
      let (what, example) =
        switch type {
        case .list(let element) where element.type == .unknown:
          ("the elements of this list have no type", "say which: `cast(… as list<T>)`")
        case .list, .structure, .map:
          ("a part of this has no type", "say which in it: `cast(… as T)`")
        default: ("this null has no type", "write `cast(null as T)`")
        }
      return .error("E0217", what, span, "nothing here says which", hints: [Hint(example)])
    case .label(let name, let removal):
      return .error(
        "E0218", "arguments have no names here", span, "leave `\(name):` out",
        hints: [Hint("", edits: [removal])])
    case .timeFormat(let type):
      return .error(
        "E0219", "only a timestamp is read `as` a format", span, "this is \(article(type))")
    case .unknownTimeFormat(let word):
      let words = ["epoch_seconds", "epoch_millis", "epoch_micros"]
      let suggestion = Suggestion(word, among: words, at: span)
      return .error(
        "E0220", "`\(word)` is no way to read a timestamp", span, suggestion.label,
        notes: ["possible here: \(list(words)), or a pattern in quotes"], hints: suggestion.hints)
    case .emptyTimeFormat:
      return .error(
        "E0220", "an empty pattern reads no timestamp", span, "nothing stands in it",
        hints: [Hint("write it, such as \"yyyy-MM-dd HH:mm:ss\", or leave `as` out: RFC 3339")])
    case .noParameterType(let type):
      return .error(
        "E0230", "a param is no \(type.type)", span, "a param holds a scalar",
        notes: [
          "its type may be: bool, int, float, decimal(p, s), string, bytes, timestamp, date,"
            + " duration"
        ])
    case .badSetting(let name, let setting, let type, let example):
      return badSetting(name, setting, type, example, at: span)
    case .shareRange:
      return .error("E0208", "a share is between 0 and 1", span, "write `95%` or `0.95`")
    case .limitRange:
      return .error(
        "E0481", "a number of values is between 1 and 1000", span, "write `10`, for example")
    case .jsonPart(let base, let name):
      return .error(
        "E0222", "json has no columns", span, "",
        hints: [
          Hint(
            "take a value out: `json_value(\(base), \"$.\(name)\")`",
            edits: [Edit(span, "json_value(\(base), \"$.\(name)\")")])
        ])
    case .unusableConstant(let flaw, let value):
      return .error(
        "E0223", flaw.title, span, flaw.reason,
        notes: value.isEmpty ? [] : ["its value: `\(value)`"])
    case .overflow(let what):
      return .error("E0221", "\(what) for every row", span, "computed before the first row")
    case .tooManyDigits(let value, let place, let before, let behind):
      return .error(
        "E0221", "\(place) has too few digits for \(value)", span,
        "decimal(\(before + behind), \(behind)): at most \(before) before the point and \(behind)"
          + " behind it")
    default:
      return .error("E0200", "a type is wrong here", span)
    }
  }

  private func operandHint(
    _ symbol: String, _ left: DataType, _ right: DataType, _ fix: Edit?
  ) -> [Hint] {
    switch (symbol, left, right) {
    case ("+", .string, .string): [Hint("`++` joins texts", edits: fix.map { [$0] } ?? [])]
    case ("+", .string, _), ("+", _, .string):
      [Hint("`++` joins texts: `a ++ cast(b as string)`, or write `\"\\(a) \\(b)\"`")]
    case ("++", .string, _), ("++", _, .string), ("++", _, _):
      [Hint("`++` joins texts: `cast(x as string)`, or write `\"\\(a) \\(b)\"`")]
    case ("+", .date, .duration), ("-", .date, .duration), ("+", .duration, .date):
      [
        Hint("of a date `date_add(day, n)` is n days later: a duration is no whole number of days"),
        Hint("as a point in time: `cast(day as timestamp) \(symbol) 1d`"),
      ]
    case (_, .string, _) where right.isNumeric, (_, _, .string) where left.isNumeric:
      [Hint("make a number of the text: `cast(x as int)`, `cast(x as decimal(p, s))`")]
    default: []
    }
  }

  /// `text`: what was to be cast, as written.
  private func tooWide(
    _ expected: DataType, _ found: FieldType, _ place: String, _ text: String, at span: Span
  ) -> Diagnostic {
    .error(
      "E0207", "\(place) must be \(article(FieldType(expected)))", span,
      "this is \(article(found)), not all of which fit",
      hints: [
        Hint(
          "`cast(x as \(expected))` fails the row where it does not",
          edits: [Edit(span, "cast(\(text) as \(expected))")])
      ])
  }

  private func castHint(
    _ source: DataType, _ target: DataType, _ text: String, _ span: Span
  ) -> [Hint] {
    func call(_ function: String, _ says: String, with more: String = "") -> [Hint] {
      [
        Hint(
          "`\(function)(x\(more))` \(says)",
          edits: [Edit(span, "\(function)(\(text)\(more))")])
      ]
    }
    return switch (source, target) {
    case (.int, .timestamp):
      call("to_timestamp_ltz", "takes milliseconds since 1970", with: ", 3")
    case (.timestamp, .int): call("epoch_millis", "gives milliseconds since 1970")
    case (.duration, .int): call("duration_millis", "gives milliseconds")
    case (.json, _): [Hint("take a value out: `cast(json_value(x, \"$.a\") as \(target))`")]
    default: []
    }
  }

  private func badSetting(
    _ name: String, _ setting: ParameterSetting, _ type: FieldType, _ example: String, at span: Span
  ) -> Diagnostic {
    var diagnostic: Diagnostic
    if let text = setting.text {
      diagnostic = .error(
        "E0208", "\"\(cut(text))\" is no \(type.type)", span, "",
        notes: ["set by \(setting.origin)"], hints: [Hint("written like \(example)")])
    } else {
      diagnostic = .error(
        "E0208", "param `\(name)` may not be null", span, "it is \(article(type))",
        notes: ["set to null by \(setting.origin)"])
    }
    diagnostic.isUsage = true
    return diagnostic
  }

  private func cut(_ text: String) -> String {
    text.count > 24 ? text.prefix(23) + "…" : text
  }
}

/// `an int`, `a string?`
func article(_ type: FieldType) -> String {
  if type.type == .unknown { return "null" }
  let name = "\(type)"
  return (name.hasPrefix("int") ? "an " : "a ") + name
}
