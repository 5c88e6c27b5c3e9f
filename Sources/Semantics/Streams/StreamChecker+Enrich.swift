import Diagnostics
import Plans
import Schemas
import Syntax

/// `enrich TABLE on EXPR [as n] [required]`
extension StreamChecker {
  func enrich(_ enrich: EnrichStageSyntax, _ stage: StageSyntax) {
    if let asOf = enrich.asOf {
      report(StageProblem.later("`as of`"), at: asOf.span)
    }
    let values = enrich.on.map { checker.check($0) }
    guard let table = graph.table(enrich.table) else { return lose() }
    guard !current.isUnknown else { return }
    guard values.count == table.keys.count else {
      let problem = StageProblem.keyCount(
        table: enrich.table.text, keys: table.keys.map(\.name), found: values.count)
      return report(problem, at: enrich.on.first?.span ?? enrich.table.span)
    }
    var keys: [Expression] = []
    for ((value, key), syntax) in zip(zip(values, table.keys), enrich.on) {
      let place = "the key `\(key.name)` of `\(enrich.table.text)`"
      if let adapted = Conversion.adapt(value, to: key.type) {
        keys.append(adapted)
      } else {
        checker.reportMisfit(value, expected: key.type, place: place, at: syntax.span)
      }
    }
    let (columns, added) = addedColumns(enrich, table)
    var scope = current.scope
    scope.fields += added
    if let alias = enrich.alias { scope.sides.append(alias.text) }
    guard keys.count == table.keys.count, !keys.contains(where: { $0.type == .unknown }) else {
      current.scope = scope
      return
    }
    let spec = EnrichSpec(
      table: table.node, keys: keys, columns: columns, isRequired: enrich.isRequired)
    _ = add(.enrich(spec), "enrich", scope, stage)
  }

  private func addedColumns(
    _ enrich: EnrichStageSyntax, _ table: ResolvedTable
  ) -> ([EnrichedColumn], [Field]) {
    if let alias = enrich.alias {
      let isTaken = current.scope.hasName(alias.text) || current.scope.hasSide(alias.text)
      if isTaken || alias.text == "meta" || alias.text == "param" {
        report(StageProblem.sideClash(alias.text), at: alias.span)
      }
    }
    var columns: [EnrichedColumn] = []
    var added: [Field] = []
    let keys = Set(table.keys.map(\.name))
    for field in table.fields where !keys.contains(field.name) {
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
