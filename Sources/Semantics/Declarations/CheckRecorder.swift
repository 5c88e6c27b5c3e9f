package import Diagnostics
package import Plans
package import Schemas

/// What the checker finds out on its way, for those who ask about places in a file: an editor. The
/// check itself does not need it, so it costs nothing where nobody listens.
package final class CheckRecorder {
  /// What a name stands for.
  package enum Meaning: Sendable {
    case column(Field)
    case parameter(PipelineParameter)
  }

  /// The columns before each stage, in the order in which stages were checked.
  package private(set) var rows: [(stage: Span, row: RowScope)] = []
  /// The two rows that the condition of a `join` sees.
  package private(set) var joins: [Span: RowScope] = [:]
  /// The type of each expression.
  package private(set) var types: [Span: FieldType] = [:]
  package private(set) var names: [Span: Meaning] = [:]
  /// The columns of each source, stream and table.
  package private(set) var streams: [String: [Field]] = [:]
  /// Those of what stages set aside, by all names that it has: `views.late`, `views.w.late`.
  package private(set) var outputs: [String: [Field]] = [:]
  package private(set) var parameters: [String: PipelineParameter] = [:]

  package init() {}

  func record(row scope: RowScope, before stage: Span) { rows.append((stage, scope)) }

  func record(joined scope: RowScope, in stage: Span) { joins[stage] = scope }

  func record(_ type: FieldType, at span: Span) { types[span] = type }

  func record(_ meaning: Meaning, at span: Span) { names[span] = meaning }

  func record(_ fields: [Field], of stream: String) { streams[stream] = fields }

  func record(_ fields: [Field], ofOutput name: String) { outputs[name] = fields }

  func record(_ parameters: [String: PipelineParameter]) { self.parameters = parameters }
}
