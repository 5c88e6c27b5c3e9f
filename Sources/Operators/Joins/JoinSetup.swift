import KeyedState
import Plans
import Schemas

/// A plan's join over the columns that come in.
struct JoinSetup {
  let shape: JoinShape

  init(
    _ plan: PhysicalOperator, _ join: PhysicalJoin, _ inputs: [Schema]
  ) throws(OperatorError) {
    guard inputs.count == 2, let left = inputs.first, let right = inputs.last else {
      throw OperatorError(stage: plan.id, reason: "the plan gives it \(inputs.count) inputs")
    }
    let leftKeys = try ColumnPlaces.find(join.leftKeys, in: left, plan.id)
    let rightKeys = try ColumnPlaces.find(join.rightKeys, in: right, plan.id)
    for (a, b) in zip(leftKeys, rightKeys) where left[a].type != right[b].type {
      throw OperatorError(
        stage: plan.id, reason: "the plan compares \(left[a].type) with \(right[b].type)")
    }
    var sources: [JoinShape.Source] = []
    for column in join.columns {
      switch column.source {
      case .left(let name):
        sources.append(.left(try ColumnPlaces.find([name], in: left, plan.id)[0]))
      case .right(let name):
        sources.append(.right(try ColumnPlaces.find([name], in: right, plan.id)[0]))
      case .key(let index):
        sources.append(.either(left: leftKeys[index], right: rightKeys[index]))
      }
    }
    var shape = JoinShape(
      kind: JoinShape.Kind(rawValue: join.kind.rawValue) ?? .inner, before: join.before,
      after: join.after, left: left, right: right, leftKeys: leftKeys, rightKeys: rightKeys,
      columns: sources, result: plan.schema)
    if let bounds = join.columnBounds {
      let places = try ColumnPlaces.find(
        [bounds.low, bounds.high], in: bounds.areRight ? right : left, plan.id)
      shape.bounds = JoinShape.ColumnBounds(
        side: bounds.areRight ? .right : .left, low: places[0], high: places[1])
    }
    self.shape = shape
  }
}
