import Diagnostics
import Plans
import Schemas
import Semantics
import Syntax

/// What may stand behind a dot.
extension Inquiry {
  func members(_ place: CompletionPlace) -> [Candidate] {
    let path = place.path
    if case .test = place.declaration, place.open.count > 1 { return sideCandidates(place) }
    if isReference(place) { return outputs(of: path) }
    if path == ["param"] { return settings() }
    if let columns = stepColumns(place) { return columns }
    let columns = row(at: place)?.columns(ofSide: path.joined(separator: ".")) ?? []
    var found: [Candidate] = columns.map { ($0.short, .field, "\($0.field.fieldType)") }
    guard let type = typeBeforeDot(place) else { return found }
    if case .structure(let fields) = type { found += self.fields(fields) }
    return found + methods(of: type)
  }

  /// Whether the dot stands behind the name of a stream.
  private func isReference(_ place: CompletionPlace) -> Bool {
    switch place.declaration {
    case .sink: return place.open.isEmpty
    case .test: return place.open.count == 1
    case .stream(let stream):
      let stage = stream.stages.last { Int($0.span.start) <= place.offset }
      guard let stage else { return true }
      if case .union = stage.kind { return place.open.isEmpty }
      return false
    default: return false
    }
  }

  /// `late` of `views`, and the names of its stages that have outputs.
  private func outputs(of path: [String]) -> [Candidate] {
    let start = path.joined(separator: ".") + "."
    return analysis.recorder.outputs.keys.filter { $0.hasPrefix(start) }.sorted()
      .map { name in
        let rest = name.dropFirst(start.count).prefix { $0 != "." }
        return (String(rest), .property, "output of \(path.joined(separator: "."))")
      }
  }

  /// All columns at a place, hidden ones too: `meta.§` asks for them.
  func row(at place: CompletionPlace) -> RowScope? {
    guard case .stream(let stream)? = place.declaration else { return RowScope(columns(place)) }
    let stage = stream.stages.last { Int($0.span.start) <= place.offset }
    return stage.flatMap { stage in
      analysis.recorder.joins[stage.span]
        ?? analysis.recorder.rows.last { $0.stage == stage.span }?.row
    }
  }

  /// The type of the value that ends before the dot before the word.
  private func typeBeforeDot(_ place: CompletionPlace) -> DataType? {
    var last = place.index - 2
    while last >= 0 {
      let end = place.tokens[last].span.end
      let ending = analysis.recorder.types.filter {
        $0.key.file == file.id && $0.key.end == end
      }
      // The longest is the whole: `a.b` of `x + a.b.§`, where `x + a.b` is no value.
      if let found = ending.max(by: { $0.key.count < $1.key.count }) { return found.value.type }
      // Parentheses belong to no value.
      guard place.tokens[last].kind == .closeParenthesis else { return nil }
      last -= 1
    }
    return nil
  }

  /// What can be called of a value by `value.f(…)`.
  private func methods(of type: DataType) -> [Candidate] {
    var found: [Candidate] = []
    if case .list = type {
      found += FunctionName.listMethods.sorted().map { ($0, .method, "method of lists") }
    }
    for case .function(let function) in analysis.trees.flatMap(\.declarations) {
      guard let first = function.parameters.first?.type.span else { continue }
      let written = analysis.file(of: first).text(first)
      if written == "\(type)" || written == "\(type)?" {
        found.append((function.name.text, .method, "function"))
      }
    }
    let fitting = FunctionCatalogue.callableNames.filter { name in
      FunctionCatalogue.signatures(named: name).contains { takes(type, $0.parameters.first) }
    }
    return found + fitting.map { ($0, .method, "function") }
  }

  private func takes(_ type: DataType, _ parameter: FunctionSignature.Parameter?) -> Bool {
    switch (parameter, type) {
    case (.value(let wanted)?, _): wanted == type
    case (.number?, _): type.isNumeric
    case (.list?, .list), (.map?, .map), (.anything?, _): true
    case (.orderedList?, .list(let element)): element.type.isScalar
    case (.numberList?, .list(let element)): element.type.isNumeric
    case (.common?, _): type.isScalar
    default: false
    }
  }
}
