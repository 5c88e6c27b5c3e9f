import Diagnostics
import Plans
import Schemas
import Semantics
import Syntax

/// The names of a `match`: they are its own, and stand for rows.
extension Inquiry {
  /// A name of a match, where it is defined and where it stands.
  struct MatchStep {
    var definition: AssignmentSyntax
    /// In the order of the file.
    var places: [Span]
  }

  /// The name of a match that stands at a place.
  func step(at offset: Int) -> (Span, MatchStep)? {
    guard case .stream(let stream)? = analysis.declaration(at: offset) else { return nil }
    for case .match(let match) in stream.stages.map(\.kind) {
      let places = match.stepPlaces
      let here = places.first { place in
        place.span.file == file.id && Int(place.span.start) <= offset
          && offset <= Int(place.span.end)
      }
      guard let here, let definition = match.definition(of: here.text) else { continue }
      let same = places.filter { $0.text == here.text }.map(\.span)
      let step = MatchStep(
        definition: definition, places: Set(same).sorted { $0.start < $1.start })
      return (here.span, step)
    }
    return nil
  }

  /// `c` for the column `n.c` of a match's rows.
  func withoutStep(_ column: String, at offset: Int) -> String {
    guard case .stream(let stream)? = analysis.declaration(at: offset),
      let stage = stream.stages.last(where: { Int($0.span.start) <= offset }),
      case .match(let match) = stage.kind, let dot = column.firstIndex(of: "."),
      match.definition(of: String(column[..<dot])) != nil
    else { return column }
    return String(column[column.index(after: dot)...])
  }

  /// What may stand in the sequence, behind `skip:`, in conditions and in `emit`; nil in keys,
  /// which see a row.
  func stepCandidates(
    _ match: MatchStageSyntax, _ stage: StageSyntax, _ place: CompletionPlace
  ) -> [Candidate]? {
    let steps: [Candidate] = match.definitions.map {
      ($0.name.text, .variable, "rows: \(file.text($0.value.span))")
    }
    let start = UInt32(place.offset)
    if ["to_first", "to_last"].contains(place.lead) { return steps }
    if place.lead == ":", place.text(place.index - 2) == "skip" {
      return Self.skips.map { ($0, .keyword, "where the next match is looked for") }
    }
    if let sequence = match.sequence, sequence.span.start <= start, start <= sequence.span.end {
      return steps + [("not", .keyword, "rows that must not come")]
    }
    let aggregates: [Candidate] = AggregateCatalogue.names.map { ($0, .function, "aggregate") }
    if isInCondition(match, place) {
      return (row(before: stage) ?? []).map { ($0.name, .field, "\($0.fieldType)") } + steps
        + settings() + aggregates + [("prev", .function, "of the row before")] + functions()
    }
    guard isInEmission(place) else { return nil }
    let keys: [Candidate] = match.by.compactMap { key in
      if let name = key.name { return (name.text, .field, "key") }
      if case .name(let name) = key.value.kind { return (name.text, .field, "key") }
      return nil
    }
    let bounds: [Candidate] = MatchSpec.bounds.map { ($0.name, .field, "\($0.fieldType)") }
    return keys + bounds + steps + settings() + aggregates
      + (row(before: stage) ?? []).map { ($0.name, .field, "\($0.fieldType), of all rows") }
      + functions()
  }

  private static let skips = ["past_last", "to_next", "to_first", "to_last"]

  /// Whether it stands behind the `=` of a name.
  private func isInCondition(_ match: MatchStageSyntax, _ place: CompletionPlace) -> Bool {
    guard !isInEmission(place) else { return false }
    let items =
      match.definitions.map { (end: $0.name.span.end, isDefinition: true) }
      + match.options.map { (end: $0.name.span.end, isDefinition: false) }
      + (match.sequence.map { [(end: $0.span.start, isDefinition: false)] } ?? [])
    let before = items.filter { Int($0.end) < place.offset }
    return before.max { $0.end < $1.end }?.isDefinition ?? false
  }

  /// Whether one of the braces around is that of an `emit`.
  private func isInEmission(_ place: CompletionPlace) -> Bool {
    place.open.contains { index in
      place.tokens[index].kind == .openBrace && place.text(index - 1) == "emit"
    }
  }

  /// What may stand behind the dot of a step.
  func stepColumns(_ place: CompletionPlace) -> [Candidate]? {
    guard place.path.count == 1, case .stream(let stream)? = place.declaration,
      let stage = stream.stages.last(where: { Int($0.span.start) <= place.offset }),
      case .match(let match) = stage.kind, match.definition(of: place.path[0]) != nil,
      let row = row(before: stage)
    else { return nil }
    let time: Candidate = ("event_time", .field, "timestamp")
    return fields(row) + (row.contains { $0.name == time.name } ? [] : [time])
  }
}

extension MatchStageSyntax {
  func definition(of name: String) -> AssignmentSyntax? {
    definitions.first { $0.name.text == name }
  }

  /// All places where a name of rows may stand, and what stands there.
  fileprivate var stepPlaces: [Identifier] {
    var places = definitions.map(\.name) + (sequence?.names ?? [])
    places += definitions.flatMap(\.value.stepNames)
    for option in options {
      if case .qualified(_, let qualifiers) = option.value.kind { places += qualifiers.map(\.word) }
    }
    for item in emit {
      switch item {
      case .computed(let assignment): places += assignment.value.stepNames
      case .carried(let column): places += [column.side].compactMap(\.self)
      case .all(let side, _): places.append(side)
      }
    }
    return places
  }
}

extension ExpressionSyntax {
  /// Names that stand by themselves, or before a dot.
  fileprivate var stepNames: [Identifier] {
    if case .name(let name) = kind { return [name] }
    return kind.operands.flatMap(\.stepNames)
  }
}
