import Diagnostics
import Plans
import Schemas
import Semantics
import Syntax

/// Where columns come from.
extension Inquiry {
  /// Where a column came up last before a place of a stream: in a stage above, in the stream it
  /// comes from, or in the type of the source.
  func origin(of column: String, before offset: Int) -> Span? {
    if case .sink(let sink)? = analysis.declaration(at: offset) {
      guard let input = sink.input, input.outputs.isEmpty else { return nil }
      return origin(of: column, ofStream: input.stream.text, 0)
    }
    guard case .stream(let stream)? = analysis.declaration(at: offset) else { return nil }
    // A fold's expressions see its states.
    let stage = stream.stages.last { Int($0.span.start) <= offset && offset <= Int($0.span.end) }
    if case .fold(let fold)? = stage?.kind,
      let state = fold.state.first(where: { $0.name.text == column })
    {
      return state.name.span
    }
    return origin(of: column, in: stream, before: offset, depth: 0)
  }

  private func origin(
    of column: String, in stream: StreamDeclaration, before offset: Int, depth: Int
  ) -> Span? {
    let short = column.split(separator: ".").last.map(String.init) ?? column
    for stage in stream.stages.reversed() where Int(stage.span.start) <= offset {
      // The condition of a join sees what it joins.
      if let join = stage.kind.joined, let own = name(of: column, in: join, stage) {
        return origin(of: own, ofStream: join.other.stream.text, depth)
      }
      guard Int(stage.span.end) <= offset else { continue }
      if let name = Self.made(by: stage).last(where: { $0.text == column }) { return name.span }
      if case .enrich(let enrich) = stage.kind, let span = field(short, of: enrich.table.text),
        column != short
          || analysis.recorder.streams[enrich.table.text]?
            .contains(where: { $0.name == short }) == true
      {
        return span
      }
    }
    guard let input = stream.input?.stream.text else { return nil }
    return origin(of: column, ofStream: input, depth)
  }

  func origin(of column: String, ofStream name: String, _ depth: Int) -> Span? {
    guard depth < 64 else { return nil }
    for case .stream(let other) in tree.declarations where other.name.text == name {
      return origin(of: column, in: other, before: .max, depth: depth + 1)
    }
    return field(column, of: name)
  }

  /// What a column of the joined stream is called there: `c` of `n.c`, or of a `c` that only that
  /// stream has.
  private func name(
    of column: String, in join: JoinStageSyntax, _ stage: StageSyntax
  ) -> String? {
    let here = analysis.recorder.rows.last { $0.stage == stage.span }?.row.fields ?? []
    guard !here.contains(where: { $0.name == column }) else { return nil }
    let side = (join.alias?.text ?? "") + "."
    let own = column.hasPrefix(side) ? String(column.dropFirst(side.count)) : column
    let there = analysis.recorder.streams[join.other.stream.text] ?? []
    return there.contains { $0.name == own } ? own : nil
  }

  /// The names that a stage gives to columns.
  static func made(by stage: StageSyntax) -> [Identifier] {
    switch stage.kind {
    case .map(let items):
      return items.compactMap { if case .computed(let it) = $0 { it.name } else { nil } }
    case .with(let columns), .aggregate(_, let columns): return columns.map(\.name)
    case .window(let it): return it.by.compactMap(\.name) + it.columns.map(\.name)
    case .match(let it):
      return it.by.compactMap(\.name)
        + it.emit.compactMap { if case .computed(let it) = $0 { it.name } else { nil } }
    case .rename(let renames): return renames.map(\.new)
    case .flatten(_, let name): return [name]
    case .over(let it): return it.columns.map(\.name)
    case .fold(let it): return it.columns.map(\.name)
    case .top(let it): return [it.rank].compactMap(\.self)
    case .attribute(let it): return [it.credit].compactMap(\.self)
    case .retention(let it): return it.per.compactMap(\.name)
    case .anomaly(let it): return [it.name].compactMap(\.self)
    case .sessionize(let it): return [it.name].compactMap(\.self)
    case .funnel(let it):
      return it.by.compactMap(\.name)
        + it.steps.map { Identifier(FunnelSpec.timeName(of: $0.name.text), $0.name.span) }
    default: return []
    }
  }

  /// The field of the type of a source or table.
  private func field(_ name: String, of stream: String) -> Span? {
    for declaration in tree.declarations {
      switch declaration {
      case .source(let it) where it.name.text == stream: return field(name, in: it.type)
      case .table(let it) where it.name.text == stream: return field(name, in: it.type)
      default: break
      }
    }
    return nil
  }

  private func field(_ name: String, in type: TypeSyntax) -> Span? {
    switch type.kind {
    case .structure(let fields): return fields.first { $0.name.text == name }?.name.span
    case .named(let record):
      for case .type(let it) in analysis.trees.flatMap(\.declarations)
      where it.name.text == record.text {
        return it.fields.first { $0.name.text == name }?.name.span
      }
      return nil
    default: return nil
    }
  }
}

extension StageKindSyntax {
  /// The two streams that a stage sees side by side.
  fileprivate var joined: JoinStageSyntax? {
    switch self {
    case .join(let join): join
    case .attribute(let it): it.join
    default: nil
    }
  }
}
