import Diagnostics
import Schemas
import Syntax

/// What may stand in a test.
extension Inquiry {
  func testCandidates(_ place: CompletionPlace) -> [Candidate] {
    guard let first = place.open.first else { return [] }
    if place.open.count > 1 { return rowCandidates(place) }
    switch place.lead {
    case "given", "expect": return streams { _ in true }
    case "then":
      return ["crash and restore", "restart with parallelism", "upgrade from", "hold"]
        .map { ($0, .keyword, "what happens then") }
    case "advance": return [("to", .keyword, "a point in time")]
    default: break
    }
    if place.index == first + 1 || place.tokens[place.index].startsLine {
      return Keywords.testSteps.map { ($0, .keyword, "step of a test") }
    }
    let isOfRows = place.before.map { [.name, .quotedName].contains($0.kind) } ?? false
    return isOfRows && step(place, before: place.index) == "expect"
      ? ["contains", "ordered"].map { ($0, .keyword, "how rows are compared") } : []
  }

  /// The columns that a row does not have yet.
  private func rowCandidates(_ place: CompletionPlace) -> [Candidate] {
    guard place.open.count > 2, place.beginsItem, var fields = rowFields(place) else { return [] }
    // A struct within the row.
    for brace in place.open.dropFirst(3) where place.tokens[brace].kind == .openBrace {
      let name = place.text(brace - 1) == ":" ? place.text(brace - 2) : ""
      guard case .structure(let inner)? = fields.first(where: { $0.name == name })?.type else {
        return []
      }
      fields = inner
    }
    return self.fields(fields).filter { !written(place).contains($0.name) }
  }

  /// What stands in a row behind `n.`: the columns that the stream has of that side.
  func sideCandidates(_ place: CompletionPlace) -> [Candidate] {
    guard let fields = rowFields(place) else { return [] }
    let side = place.dottedName(before: place.index - 1) + "."
    return self.fields(fields).compactMap { column in
      guard column.name.hasPrefix(side) else { return nil }
      return (String(column.name.dropFirst(side.count)), column.kind, column.detail)
    }
  }

  /// The names in the innermost braces.
  private func written(_ place: CompletionPlace) -> Set<String> {
    var names: Set<String> = []
    var depth = 0
    var index = (place.open.last ?? place.index) + 1
    while index < place.tokens.count, depth >= 0 {
      switch place.tokens[index].kind {
      case .openBrace, .openBracket: depth += 1
      case .closeBrace, .closeBracket: depth -= 1
      case .colon where depth == 0 && index - 1 != place.index:
        names.insert(place.dottedName(before: index))
      default: break
      }
      index += 1
    }
    return names
  }

  /// The columns of the rows that a step gives or expects.
  private func rowFields(_ place: CompletionPlace) -> [Field]? {
    var index = place.open[1] - 1
    if ["contains", "ordered"].contains(place.text(index)) { index -= 1 }
    var path = [place.text(index)]
    while index > 1, place.tokens[index - 1].kind == .dot {
      path.insert(place.text(index - 2), at: 0)
      index -= 2
    }
    return ["given", "expect"].contains(place.text(index - 1)) ? columns(of: path) : nil
  }

  /// The word that begins the step whose stream ends before a token.
  private func step(_ place: CompletionPlace, before index: Int) -> String {
    var start = index - 1
    while start > 1, place.tokens[start - 1].kind == .dot { start -= 2 }
    return place.text(start - 1)
  }
}
