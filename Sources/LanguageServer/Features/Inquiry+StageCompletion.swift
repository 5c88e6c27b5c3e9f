import Diagnostics
import Plans
import Syntax

/// What may stand in some stages alone.
extension Inquiry {
  /// The words of a clause that is begun.
  func clauseWords(_ stage: StageSyntax, _ place: CompletionPlace) -> [Candidate]? {
    let end = place.before?.span.end
    switch stage.kind {
    case .dedupe where place.lead == "keep":
      return [("first", .keyword, "row that is kept"), ("last", .keyword, "row that is kept")]
    case .funnel(let it) where it.within?.span.end == end:
      return [("strict", .keyword, "no other step's row between")]
    case .attribute where place.lead == "by":
      return AttributionModel.names.map { ($0, .keyword, "model of attribution") }
    case .anomaly where place.lead == "using":
      return AnomalySpec.models.map { ($0, .keyword, "model of what is expected") }
    case .anomaly where place.lead == "ignore":
      return [("anomalies", .keyword, "they do not count for what is expected")]
    case .execute(let it) where it.steering == nil && it.name.span.end == end:
      return [("steered", .keyword, "by a table, which pauses and bounds tasks")]
    case .execute(let it) where it.steering?.isRequired == false && it.steering?.on.span.end == end:
      return [("required", .keyword, "tasks wait for their row of the table")]
    case .over(let it) where it.frame.length.span.end == end:
      return [("preceding", .keyword, "rows of the frame")]
    default: return nil
    }
  }

  /// In the first block of a fold, whose names are new and whose values see no row.
  func states(_ fold: FoldStageSyntax, _ place: CompletionPlace) -> [Candidate]? {
    guard let block = place.open.first, place.tokens[block].kind == .openBrace,
      place.tokens[block - 1].kind != .closeBrace
    else { return nil }
    let isName = fold.state.contains { Int($0.name.span.start) == place.offset }
    if isName || place.open.count == 1 && place.beginsItem { return [] }
    if [":", "<"].contains(place.lead) { return types(records: false) }
    return settings() + functions()
  }
}

extension OverStageSyntax.Frame {
  fileprivate var length: ExpressionSyntax {
    switch self {
    case .rows(let value), .time(let value): value
    }
  }
}
