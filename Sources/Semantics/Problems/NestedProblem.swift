import Diagnostics
import Schemas

/// A list, map or struct that is used as it can't be.
enum NestedProblem: Problem {
  case noField(String, of: [String])
  case notAList(String, found: FieldType)
  case noLambda(String)
  case lambdaParameters(Int)
  case unusedParameter(String)
  case mixedList(FieldType, FieldType)
  case mapKey(FieldType)
  case endlessType([String])
  case tooLarge
  case metaInside(String)
  case fieldOfMap(base: String, name: String, at: Span)
  case uncalled(String, base: String)
  case notIndexed(FieldType, base: String)
  case fieldTwice(String, first: Span)
  case missingField(Field)

  func diagnostic(at span: Span) -> Diagnostic {
    switch self {
    case .noField(let name, let fields):
      let suggestion = Suggestion(name, among: fields, at: span)
      return .error(
        "E0240", "the struct has no field `\(name)`", span, suggestion.label,
        notes: [fields.isEmpty ? "it has none" : "its fields: \(list(fields))"],
        hints: suggestion.hints)
    case .notAList(let what, let found):
      return .error(
        "E0231", "\(what) takes a list", span, "this is \(article(found))",
        hints: listHint(found.type))
    case .noLambda(let method):
      return .error(
        "E0232", "`.\(method)` takes a lambda", span, "",
        hints: [Hint("say what becomes of an element: `.\(method)(x => …)`")])
    case .unusedParameter(let name):
      return .warning(
        "W0304", "parameter `\(name)` is never used", span, "the same for every element",
        hints: [Hint("write `_` where this is meant", edits: [Edit(span, "_")])])
    case .lambdaParameters(let count):
      return .error(
        "E0232", "a lambda here has one parameter", span, "there are \(count)",
        hints: [Hint("it stands for the element: `x => …`")])
    case .mixedList(let first, let other):
      return .error(
        "E0233", "the elements have different types", span,
        "this is \(article(other)), the first is \(article(first))")
    case .mapKey(let found):
      return .error(
        "E0234", "the keys of a map are strings", span, "this is \(article(found))",
        hints: [Hint("`map<string, T>`")])
    case .endlessType(let names):
      return .error(
        "E0235", "`\(names.first ?? "")` holds itself", span, "a value would have no end",
        notes: ["the circle: \(names.joined(separator: " → "))"],
        hints: [Hint("a part of undecided shape is `json`")])
    case .tooLarge:
      return .error(
        "E0241", "this type is too large", span,
        "at most \(RecordType.parts) fields, \(RecordType.levels) deep",
        hints: [Hint("a part of many forms is `json`")])
    default: return others(at: span)
    }
  }

  private func others(at span: Span) -> Diagnostic {
    switch self {
    case .metaInside(let name):
      return .error(
        "E0236", "`\(name)` inside a record comes from `meta`", span,
        "a part of a value comes out of that value",
        hints: [Hint("declare the field in the type of the source itself")])
    case .fieldOfMap(let base, let name, let whole):
      let right = "\(base)[\"\(name)\"]"
      return .error(
        "E0215", "a map has no fields", span, "its values have keys",
        hints: [Hint("write `\(right)`", edits: [Edit(whole, right)])])
    case .uncalled(let name, let base):
      return .error(
        "E0215", "`\(name)` is a function", span, "it is not called",
        hints: [Hint("write `\(base).\(name)()`", edits: [Edit(span.after, "()")])])
    case .notIndexed(let found, let base):
      let hints: [Hint] =
        switch found.type {
        case .structure: [Hint("a field of a struct is `\(base).NAME`")]
        case .json: [Hint("take a value out: `json_value(\(base), \"$[0]\")`")]
        case .string: [Hint("`substring(\(base), 1, 1)` is the first character")]
        default: []
        }
      return .error(
        "E0237", "only lists and maps have an index", span, "this is \(article(found))",
        hints: hints)
    case .fieldTwice(let name, let first):
      return Diagnostic(
        code: "E0238", title: "field `\(name)` stands here twice",
        primary: Label(span, "again here"), secondary: [Label(first, "first here")])
    case .missingField(let field):
      return .error(
        "E0239", "field `\(field.name)` is missing", span, "",
        hints: [Hint("it is \(article(field.fieldType)): only a `\(field.type)?` may be left out")])
    default:
      return .error("E0200", "a type is wrong here", span)
    }
  }

  private func listHint(_ type: DataType) -> [Hint] {
    switch type {
    case .json: [Hint("give it a type: `cast(x as list<…>)`")]
    case .string: [Hint("`split(text, \",\")` makes a list of a text")]
    case .map: [Hint("`map_entries(m)` is a list of `{ key, value }`")]
    default: []
    }
  }
}
