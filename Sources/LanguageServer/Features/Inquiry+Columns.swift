import Diagnostics
import Plans
import Schemas
import Semantics
import Syntax

/// Where columns stand.
extension Inquiry {
  /// All places of columns in this file, and where each came up: in a stage, or in the type of a
  /// source.
  func columnPlaces() -> [(place: Span, origin: Span)] {
    var found: [(place: Span, origin: Span)] = []
    // A fold's state and the column that is its next value have one name.
    var next: [Span: Span] = [:]
    for case .stream(let stream) in tree.declarations {
      for stage in stream.stages {
        let made = Self.made(by: stage)
        found += made.map { ($0.span, $0.span) } + columns(leaving: stage)
        guard case .fold(let fold) = stage.kind else { continue }
        for state in fold.state {
          let span = state.name.span
          next[span] = made.first { $0.text == state.name.text }?.span ?? span
          found.append((span, span))
        }
      }
    }
    for (span, meaning) in analysis.recorder.names {
      guard span.file == file.id, case .column(let field) = meaning,
        let place = lastName(in: span, of: field.name),
        let origin = origin(
          of: withoutStep(field.name, at: Int(span.start)), before: Int(span.start))
      else { continue }
      found.append((place, origin))
    }
    for case .test(let test) in tree.declarations {
      for step in test.steps { found += columns(of: step) }
    }
    return found.map { ($0.place, next[$0.origin] ?? $0.origin) }
  }

  /// What a stage drops or gives another name.
  private func columns(leaving stage: StageSyntax) -> [(place: Span, origin: Span)] {
    let columns: [ColumnReferenceSyntax]
    switch stage.kind {
    case .drop(let dropped): columns = dropped
    case .rename(let renames): columns = renames.map(\.old)
    default: return []
    }
    return columns.compactMap { column in
      let name = [column.side, column.name].compactMap { $0?.text }.joined(separator: ".")
      return origin(of: name, before: Int(stage.span.start)).map { (column.name.span, $0) }
    }
  }

  /// The names in the rows of a test.
  private func columns(of step: TestStepSyntax) -> [(place: Span, origin: Span)] {
    switch step.kind {
    case .given(let reference, let rows), .expect(let reference, _, let rows):
      // What a stage sets aside has columns of before that stage.
      guard reference.outputs.isEmpty else { return [] }
      return rows.flatMap(\.members).compactMap { member in
        origin(of: member.name.text, ofStream: reference.stream.text, 0)
          .map { (lastPart(of: member.name), $0) }
      }
    default: return []
    }
  }

  /// Of `n.c` the `c`, of another name all.
  private func lastPart(of name: Identifier) -> Span {
    analysis.token(at: Int(name.span.end)).map { tree.tokens[$0].span } ?? name.span
  }

  /// Of `n.c` the `c`; nil where something else stands there.
  private func lastName(in span: Span, of column: String) -> Span? {
    guard let token = analysis.token(at: Int(span.end)) else { return nil }
    let place = tree.tokens[token].span
    let short = column.split(separator: ".").last.map(String.init) ?? column
    return span.contains(place) && [short, column].contains(tokenText(token)) ? place : nil
  }

  /// Without backticks.
  func tokenText(_ token: Int) -> String {
    file.text(tree.tokens[token].span).trimmingBackticks
  }
}

extension String {
  fileprivate var trimmingBackticks: String {
    hasPrefix("`") && hasSuffix("`") && count > 1 ? String(dropFirst().dropLast()) : self
  }
}
