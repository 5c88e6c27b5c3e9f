import Diagnostics
import Plans
import Schemas
import Syntax

/// `enrich TABLE on EXPR [as n] [as of event_time] [required]`
extension StreamChecker {
  /// What `as of` takes: the time of the row, whatever column it came from.
  private static let eventTime = "event_time"

  func enrich(_ enrich: EnrichStageSyntax, _ stage: StageSyntax) {
    let values = enrich.on.map { checker.check($0) }
    guard let table = graph.table(enrich.table) else { return lose() }
    checkTime(enrich, table, stage)
    guard !current.isUnknown else { return }
    guard values.count == table.keys.count else {
      let problem = StageProblem.keyCount(
        table: enrich.table.text, keys: table.keys.map(\.name), found: values.count)
      return report(problem, at: enrich.on.first?.span ?? enrich.table.span)
    }
    let keys = keys(enrich, table, values)
    let (columns, added) = addedColumns(enrich, table)
    var scope = current.scope
    scope.fields += added
    if let alias = enrich.alias { scope.sides.append(alias.text) }
    guard keys.count == table.keys.count, !keys.contains(where: { $0.type == .unknown }) else {
      current.scope = scope
      return
    }
    switch table.rows {
    case .loaded(let node):
      let spec = EnrichSpec(
        table: node, keys: keys, columns: columns, isRequired: enrich.isRequired)
      _ = add(.enrich(spec), "enrich", scope, stage)
    case .asked(let node):
      if enrich.isRequired {
        graph.checkFallback(
          of: node, columns: columns, fields: table.fields, at: enrich.table.span)
      }
      let spec = EnrichSpec(
        table: node, keys: keys, columns: columns, isRequired: enrich.isRequired, isAsked: true)
      _ = add(.enrich(spec), "enrich", scope, stage)
    case .versions(let rows, let expiry):
      let spec = AsOfSpec(
        table: enrich.table.text, keys: keys, tableKeys: table.keys.map(\.name),
        held: table.others, columns: columns, isRequired: enrich.isRequired, expiry: expiry)
      scope.windowBounds = [:]
      _ = add(.asOf(spec), "enrich", scope, stage, inputs: [current.input, rows.input])
    case .latest(let rows, let expiry, let isReadFirst):
      let spec = AsOfSpec(
        table: enrich.table.text, keys: keys, tableKeys: table.keys.map(\.name),
        held: table.others, columns: columns, isRequired: enrich.isRequired, expiry: expiry,
        moment: isReadFirst ? .latestOfTable : .latestOfStream)
      _ = add(
        .asOf(spec), "enrich", scope, stage, inputs: [current.input, rows.input],
        mode: mode(lookingUp: keys))
    }
  }

  /// The values that the table's keys are compared with, but for those that do not fit.
  private func keys(
    _ enrich: EnrichStageSyntax, _ table: ResolvedTable, _ values: [Typed]
  ) -> [Expression] {
    zip(zip(values, table.keys), enrich.on).compactMap { pair, syntax in
      let (value, key) = pair
      if let adapted = Conversion.adapt(value, to: key.type) { return adapted }
      let place = "the key `\(key.name)` of `\(enrich.table.text)`"
      checker.reportMisfit(value, expected: key.type, place: place, at: syntax.span)
      return nil
    }
  }

  /// Whether `as of` stands where the table has versions, and what a look-up of those takes.
  private func checkTime(
    _ enrich: EnrichStageSyntax, _ table: ResolvedTable, _ stage: StageSyntax
  ) {
    switch table.rows {
    case .versions: break
    case .loaded:
      if let time = enrich.asOf {
        report(TableProblem.noVersions(table: enrich.table.text), at: time.span)
      }
      return
    case .asked:
      if let time = enrich.asOf {
        report(TableProblem.asked(table: enrich.table.text), at: time.span)
      }
      let mode = graph.mode(of: current.input)
      // What a row was before an update may have been answered otherwise than it would be now.
      guard mode.isUpdating else { return }
      return report(
        TableProblem.updatingRows(table: enrich.table.text, mode: mode), at: stage.keyword.span)
    case .latest(_, let expiry, _):
      if let time = enrich.asOf {
        report(TableProblem.onlyLatest(table: enrich.table.text), at: time.span)
      }
      if expiry != nil, !current.isUnknown { requireEventTime("enrich … expire after", stage) }
      return
    }
    guard let time = enrich.asOf else {
      // Several keys stand in brackets, whose end is not known here.
      let place = enrich.alias?.span ?? (enrich.on.count == 1 ? enrich.on[0].span : nil)
      let fix = place.map { Edit($0.after, " as of event_time") }
      report(TableProblem.needsAsOf(table: enrich.table.text, fix: fix), at: enrich.table.span)
      return
    }
    if case .name(let name) = time.kind, name.text == Self.eventTime {
    } else {
      report(TableProblem.otherTime(fix: Edit(time.span, Self.eventTime)), at: time.span)
    }
    let mode = graph.mode(of: current.input)
    if mode.isUpdating {
      report(UpdateProblem.refused(stage: "enrich … as of", mode: mode), at: stage.keyword.span)
    } else if !current.isUnknown {
      requireEventTime("enrich … as of", stage)
    }
  }

  /// Rows of a key of the stream come in their order as long as one place looks them up, so what is
  /// looked up is a part of the key by which they update from here on.
  private func mode(lookingUp values: [Expression]) -> StreamMode {
    let mode = graph.mode(of: current.input)
    guard case .updates(var key?) = mode else { return mode }
    for value in values where !Set(key).isSuperset(of: value.columnNames) {
      guard case .column(let name) = value.node else { return .updates(key: nil) }
      key.append(name)
    }
    return .updates(key: key)
  }

  private func addedColumns(
    _ enrich: EnrichStageSyntax, _ table: ResolvedTable
  ) -> ([EnrichedColumn], [Field]) {
    if let alias = enrich.alias { checkSide(alias) }
    var columns: [EnrichedColumn] = []
    var added: [Field] = []
    let others = Set(table.others)
    for field in table.fields where others.contains(field.name) {
      let name = enrich.alias.map { "\($0.text).\(field.name)" } ?? field.name
      if current.scope.field(named: name) != nil || current.scope.sides.contains(name) {
        report(
          StageProblem.columnClash(
            field.name, table: enrich.table.text, alias: RowScope.freeSide(current.scope)),
          at: enrich.table.span)
        continue
      }
      columns.append(EnrichedColumn(tableColumn: field.name, name: name))
      let type = enrich.isRequired ? field.fieldType : field.fieldType.optional
      added.append(Field(name, type))
    }
    return (columns, added)
  }
}
