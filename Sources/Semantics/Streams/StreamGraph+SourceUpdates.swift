import Diagnostics
import Plans
import Schemas
import Syntax

/// Sources whose records change rows that came before.
extension StreamGraph {
  /// What a block says of that.
  enum SourceMode {
    case append
    case updates(SourceUpdates)
    /// Reported.
    case wrong
  }

  /// `updates: upsert`, `format: debezium` and `key:`.
  func mode(
    _ syntax: ConnectorSyntax, _ block: [Option], _ format: DecodingSpec.Format,
    _ fields: [Field], _ eventTime: EventTimeSpec?
  ) -> SourceMode {
    let option = syntax.options["updates"]
    let isUpsert = block.contains(Option("updates", .word("upsert")))
    // A word that is none was told.
    if option != nil, !isUpsert { return .wrong }
    if isUpsert || format == .debezium, block.contains(Option("parallel", .bool(true))),
      let parallel = syntax.options["parallel"]
    {
      let fix = Edit(parallel.value.span, "false")
      report(.changesInParallel(fix: fix), at: parallel.span)
    }
    let written = syntax.options["key"]
    if format == .debezium, let option {
      report(.formSaidTwice, at: option.span)
    }
    guard isUpsert || format == .debezium else {
      guard let written else { return .append }
      let fix = adding("updates: upsert", to: syntax)
      report(.keyOfNothing(isSource: true, fix: fix), at: written.name.span)
      return .append
    }
    if let written {
      guard let key = key(written, fields) else { return .wrong }
      return .updates(SourceUpdates(form: format == .debezium ? .debezium : .upsert, key: key))
    }
    guard format == .debezium else {
      let fix = fields.first.map { "key: \($0.name)" }.flatMap { adding($0, to: syntax) }
      report(.sourceWithoutKey(fix: fix), at: option?.value.span ?? syntax.name.span)
      return .wrong
    }
    if let eventTime, let time = syntax.options["event_time"] {
      guard case .column = eventTime.origin else {
        report(.timeOfNoColumn, at: time.value.span)
        return .wrong
      }
    }
    return .updates(SourceUpdates(form: .debezium, key: []))
  }

  /// The columns of `key: c` and `key: [a, b]`; nil where that is wrong.
  private func key(_ option: OptionSyntax, _ fields: [Field]) -> [String]? {
    let found = keys(option, RowScope(fields))
    guard !definitions.log.hasError(within: option.value.span), !found.isEmpty else { return nil }
    return found.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
  }

  private func report(_ problem: UpdateProblem, at span: Span) {
    definitions.log.report(problem, at: span)
  }

  /// What deletes rows: in a topic records without a value whose keys can be read, in files objects
  /// with a mark.
  func deletions(
    _ updates: SourceUpdates, _ columns: [DecodedColumn], _ connector: ConnectorDescriptor,
    _ eventTime: EventTimeSpec?
  ) -> DeletionSpec? {
    guard updates.keepsRows else { return nil }
    var time: String?
    if case .column(let name)? = eventTime?.origin { time = name }
    let spec = DeletionSpec(
      keys: updates.key, time: time, isMarked: !connector.hasRecordTimestamp)
    let isReadable = updates.key.allSatisfy { name in
      columns.first { $0.field.name == name }?.isReadFromKey ?? false
    }
    let needsKeys = updates.form == .upsert && connector.hasRecordTimestamp
    return isReadable || !needsKeys ? spec : nil
  }
}
