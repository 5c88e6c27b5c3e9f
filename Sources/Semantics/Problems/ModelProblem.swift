import Diagnostics
import Plans
import Schemas

/// A model, or a stage that asks one, that cannot be as it is written.
enum ModelProblem: Problem {
  case unknown(String, known: [String])
  case unknownKind(String)
  case inputs(String, [Field], found: Int)
  case unknownInput(String, model: String, known: [String])
  case inputTwice(String)
  /// `input` or `output` without a field.
  case nothing(String)
  case type(Field, isInput: Bool)
  case reserved(String)
  case noFile
  case twoFiles
  case noShare(String)
  case shares(Double, of: [String])
  case shadowShare(String)
  case noSticky([String])
  case chooserMissing(String, option: String, model: String, columns: [String])
  case choiceType(Field)
  case file(String)
  case misfit(String, String, file: Span)
  case unseen(String)
  case baseline(String)

  func diagnostic(at span: Span) -> Diagnostic {
    switch self {
    case .unknown(let name, let known):
      let suggestion = Suggestion(name, among: known, at: span, otherwise: "not declared")
      return .error(
        "E0540", "there is no model `\(name)`", span, suggestion.label,
        notes: known.isEmpty ? [] : ["models here: \(list(known))"], hints: suggestion.hints)
    case .unknownKind(let name):
      let suggestion = Suggestion(
        name, among: ModelCatalogue.kinds, at: span, otherwise: "not a kind of model")
      return .error(
        "E0541", "there are no models `using \(name)`", span, suggestion.label,
        notes: ["kinds: \(list(ModelCatalogue.kinds))"], hints: suggestion.hints)
    case .inputs(let model, let inputs, let found):
      let noun = inputs.count == 1 ? "one input" : "\(inputs.count) inputs"
      return .error(
        "E0542", "`\(model)` takes \(noun)", span, found == 1 ? "there is 1" : "there are \(found)",
        notes: ["its inputs: \(list(inputs.map(\.description)))"])
    case .unknownInput(let name, let model, let known):
      let suggestion = Suggestion(name, among: known, at: span)
      return .error(
        "E0542", "`\(model)` has no input `\(name)`", span, suggestion.label,
        notes: ["its inputs: \(list(known))"], hints: suggestion.hints)
    case .inputTwice(let name):
      return .error("E0542", "the input `\(name)` is given twice", span, "again here")
    default: return declaration(at: span)
    }
  }

  /// Of the declaration.
  private func declaration(at span: Span) -> Diagnostic {
    switch self {
    case .nothing(let option):
      return .error(
        "E0543", "a model's `\(option)` has no field", span, "nothing is named",
        hints: [Hint("name what the model \(option == "input" ? "takes" : "gives"), with its type")]
      )
    case .type(let field, let isInput):
      return .error(
        "E0543", "models \(isInput ? "take" : "give") no \(field.type)", span,
        "this is \(article(field.fieldType))",
        notes: ["there are bool, int, float and string, and lists of these"],
        hints: isInput ? [Hint("declare it `float`, and cast the argument")] : [])
    case .reserved(let name):
      return .error(
        "E0544", "`\(name)` is taken", span,
        name == ModelSpec.versionColumn
          ? "each answer's `version` names the file that gave it"
          : "an answer's version says so where the fallback stands in",
        hints: [
          Hint(
            name == ModelSpec.versionColumn
              ? "take another name: `model_version: string from \"version\"`"
              : "take another name")
        ])
    case .noFile:
      return .error(
        "E0545", "a model without a file", span, "it has neither `path` nor `versions`",
        hints: [Hint("add `path: \"models/….onnx\"`")])
    case .twoFiles:
      return .error(
        "E0545", "a model's file is said twice", span, "`versions` name theirs",
        hints: [Hint("leave it out, or make it one of the `versions`")])
    default: return versions(at: span)
    }
  }

  private func versions(at span: Span) -> Diagnostic {
    switch self {
    case .noShare(let name):
      return .error(
        "E0546", "nothing says which keys `\(name)` answers", span, "it has no share",
        hints: [Hint("write `share: 100%`, or `shadow: true` for one that is only counted")])
    case .shares(let sum, let names):
      return .error(
        "E0546", "the shares of a model's versions are 100% together", span,
        names.isEmpty
          ? "no version answers: all are shadows" : "these are \(Self.percentage(sum))",
        notes: names.isEmpty ? [] : ["versions that answer: \(list(names))"])
    case .shadowShare(let name):
      return .error(
        "E0546", "a shadow answers nobody", span, "`\(name)` runs over all rows",
        hints: [Hint("leave the share out, or `shadow: true`")])
    case .noSticky(let names):
      return .error(
        "E0547", "nothing says who gets which version", span,
        "\(list(names)) share the keys of which column?",
        hints: [Hint("add `sticky: user_id`: the same value always gets the same version")])
    case .chooserMissing(let column, let option, let model, let columns):
      return .error(
        "E0547", "there is no column `\(column)` here", span,
        "`\(model)` chooses its version by it",
        notes: ["columns here: \(list(columns.sorted()))"],
        hints: [Hint("carry it up to this stage, or write another column after `\(option):`")])
    case .choiceType(let field):
      return .error(
        "E0547", "a version is chosen by its name", span,
        "`\(field.name)` is \(article(field.fieldType))",
        hints: [Hint("write a column of type `string` after `chosen_by:`")])
    default: return file(at: span)
    }
  }

  /// Of the file that was looked at.
  private func file(at span: Span) -> Diagnostic {
    switch self {
    case .file(let reason):
      return .error("E0548", "a model's file cannot be run", span, reason)
    case .misfit(let model, let text, let file):
      return Diagnostic(
        code: "E0549", title: "`\(model)` is declared otherwise than its file",
        primary: Label(span, text), secondary: file == span ? [] : [Label(file, "this file")])
    case .baseline(let reason):
      return .error(
        "E0585", "a model's baseline is none", span, reason,
        notes: ["it is CSV: `output,up_to,rows`, the bounds of each output rising, the last empty"])
    case .unseen(let how):
      return .warning(
        "W0540", "the model's file was not looked at", span, how,
        notes: ["a run needs it too"])
    default: return .error("E0548", "a model is wrong here", span)
    }
  }

  private static func percentage(_ share: Double) -> String {
    let percent = (share * 10_000).rounded() / 100
    return percent == percent.rounded() ? "\(Int(percent))%" : "\(percent)%"
  }
}
