import KeyedState
import Plans
import Schemas

/// A plan's attribution over the columns that come in.
struct AttributionSetup {
  let shape: AttributionShape

  init(
    _ plan: PhysicalAttribution, _ input: Schema, _ stage: PhysicalOperator
  ) throws(OperatorError) {
    let known = try ColumnPlaces.find(
      plan.keys + [plan.mask, PhysicalAttribution.value], in: input, stage.id)
    guard Array(known.prefix(plan.keys.count)) == Array(plan.keys.indices) else {
      throw OperatorError(stage: stage.id, reason: "the plan's keys are not its first columns")
    }
    var columns: [AttributionShape.Source] = []
    for column in plan.columns {
      let place = try ColumnPlaces.find([column.name], in: input, stage.id)[0]
      columns.append(column.isOfTouch ? .touch(place) : .conversion(place))
    }
    guard stage.schema.count == columns.count + 1 else {
      throw OperatorError(
        stage: stage.id,
        reason: "the plan makes \(columns.count + 1) columns of \(stage.schema.count)")
    }
    shape = AttributionShape(
      row: input, keyCount: plan.keys.count, mask: known[plan.keys.count],
      value: known[plan.keys.count + 1], lookBacks: plan.lookBacks, model: Self.model(plan.model),
      columns: columns, result: stage.schema, parameters: plan.windows)
  }

  private static func model(_ model: AttributionModel) -> CreditModel {
    switch model {
    case .first: .first
    case .last: .last
    case .linear: .linear
    case .decay(let halfLife): .decay(halfLife: halfLife)
    case .position(let first, let last): .position(first: first, last: last)
    }
  }
}
