import Plans
import Schemas
import Testing

/// `Documentation/functions.md` says what the catalogues say.
@Suite struct FunctionPageTests {
  private static let page = Page("Documentation/functions.md")

  @Test func `The page of functions is what the catalogues say`() throws {
    let parts = [
      "functions": functions, "words": words, "tries": tries, "special forms": specialForms,
      "aliases": aliases,
      "operators": operators, "aggregates": aggregates,
    ]
    #expect(Set(Self.page.partNames) == Set(parts.keys))
    let isCurrent = try Self.page.isCurrent(Self.page.with(parts))
    #expect(isCurrent, "RAUDAL_UPDATE_GOLDENS=1 rewrites Documentation/functions.md")
  }

  @Test func `Every function that can be called and every aggregate is on the page`() {
    for name in FunctionCatalogue.callableNames + AggregateCatalogue.names {
      #expect(Self.page.text.contains("`\(name)"), "\(name)")
    }
  }

  private var functions: String { table { !FunctionCatalogue.operatorNames.contains($0.name) } }

  private var operators: String { table { FunctionCatalogue.operatorNames.contains($0.name) } }

  private func table(_ isWanted: (FunctionSignature) -> Bool) -> String {
    MarkdownTable.text(
      ["call", "gives", "meaning", "a row fails"],
      FunctionCatalogue.declared.filter(isWanted).map { signature in
        let example = signature.example.isEmpty ? "" : " `\(signature.example)`"
        return [
          "`\(call(signature))`", result(signature),
          MarkdownTable.escaped(signature.documentation + example),
          failure(signature.fallibility),
        ]
      })
  }

  private func call(_ signature: FunctionSignature) -> String {
    let firstOptional = signature.parameters.count - signature.optionalCount
    var arguments = signature.parameters.enumerated().map { index, parameter in
      index >= firstOptional ? "[\(parameter)]" : "\(parameter)"
    }
    if signature.isVariadic { arguments.append("…") }
    return "\(signature.name)(\(arguments.joined(separator: ", ")))"
  }

  private func result(_ signature: FunctionSignature) -> String {
    let type =
      switch signature.result {
      case .type(let type): "\(type)"
      case .first: "the first's type"
      case .common: "their common type"
      case .sum, .product, .quotient, .remainder: "number"
      case .integral: "number, no fraction"
      case .rounded: "number, rounded"
      case .list: "list"
      case .element: "the elements' type"
      case .elementSum: "number"
      case .map: "map"
      case .mapValue: "the values' type"
      case .mapValues: "list of the values"
      case .mapEntries: "list of `{ key, value }`"
      case .mapOfElements: "map of the elements"
      }
    let nulls =
      switch signature.nulls {
      case .propagates: ""
      case .first: ", null if the first is"
      case .alwaysNullable: ", may be null"
      case .never: ", never null"
      }
    return type + nulls
  }

  private func failure(_ fallibility: FunctionSignature.Fallibility) -> String {
    switch fallibility {
    case .never: ""
    case .overflow: "out of range"
    case .data: "of some values"
    }
  }

  /// What may stand where a word is asked for.
  private var words: String {
    var rows: [(calls: [String], words: [String])] = []
    for signature in FunctionCatalogue.declared {
      for case .choice(let words) in signature.parameters {
        let call = "`\(call(signature))`"
        if let row = rows.firstIndex(where: { $0.words == words }) {
          rows[row].calls.append(call)
        } else {
          rows.append(([call], words))
        }
      }
    }
    return MarkdownTable.text(
      ["call", "words"],
      rows.map { row in
        [row.calls.joined(separator: ", "), row.words.map { "`\($0)`" }.joined(separator: " ")]
      })
  }

  /// The names of all functions that try another, in the order of the alphabet.
  private var tries: String {
    let names = Set(FunctionCatalogue.declared.compactMap { $0.trying?.name })
    return names.sorted().map { "`\($0)`" }.joined(separator: ", ") + "\n"
  }

  private var specialForms: String {
    MarkdownTable.text(
      ["name", "meaning"],
      FunctionCatalogue.specialForms.map { ["`\($0.name)`", $0.documentation] })
  }

  private var aliases: String {
    MarkdownTable.text(
      ["name", "is"],
      FunctionCatalogue.aliases.sorted { $0.key < $1.key }.map { ["`\($0.key)`", "`\($0.value)`"] })
  }

  private var aggregates: String {
    MarkdownTable.text(
      ["call", "gives", "meaning", ""],
      AggregateCatalogue.signatures.map { signature in
        let parameters = signature.parameters.map(Self.name).joined(separator: ", ")
        var remarks: [String] = []
        if signature.isFallible { remarks.append("fails out of range") }
        return [
          "`\(signature.name)(\(parameters))`", result(signature),
          MarkdownTable.escaped(signature.documentation), remarks.joined(separator: ", "),
        ]
      })
  }

  private static func name(_ parameter: AggregateSignature.Parameter) -> String {
    switch parameter {
    case .any: "any"
    case .ordered: "any but json"
    case .summable: "number or duration"
    case .float: "number"
    case .bool: "bool"
    case .int: "int"
    case .share: "share constant"
    case .limit: "int constant"
    }
  }

  private func result(_ signature: AggregateSignature) -> String {
    let type =
      switch signature.result {
      case .type(let type): "\(type)"
      case .first: "the first's type"
      case .list: "list of the first's type"
      case .counts: "list of struct `{ value, count: int, error: int }`"
      case .sum: "its type; of a decimal `decimal(38, s)`"
      case .average: "float; of a decimal `decimal(38, max(6, s))`; of a duration duration"
      }
    let nulls =
      switch signature.nulls {
      case .never: ", never null"
      case .ofNothing: ", null of no value"
      case .always: ", may be null"
      }
    return type + nulls
  }
}
