import Plans
import Schemas

/// What a window or a running aggregate reads, as columns: expressions become columns of a
/// projection before it.
struct GroupInputs {
  private(set) var keys: [Field] = []
  private(set) var aggregates: [PhysicalWindow.Aggregate] = []
  private let bounds: [Field]
  /// All that the projection makes.
  private(set) var columns: [NamedExpression] = []
  /// Those of them that are more than a column under its own name.
  private(set) var computed: [NamedExpression] = []
  /// Of the columns, by name.
  private var expressions: [String: Expression] = [:]
  /// Of the computed ones, by what they are.
  private var computedNames: [Expression: String] = [:]
  private(set) var results: [NamedExpression] = []
  /// Whether what the stage puts out are the results already.
  private(set) var resultsArePlain = true
  private let stage: OperatorID

  init(_ spec: WindowSpec, stage: OperatorID) {
    self.init(
      spec.keys, spec.aggregates, spec.results,
      bounds: [Field("window_start", .timestamp), Field("window_end", .timestamp)], stage)
  }

  init(_ spec: RunningSpec, stage: OperatorID) {
    self.init(spec.keys, spec.aggregates, spec.results, bounds: [], stage)
  }

  private init(
    _ keys: [NamedExpression], _ calls: [AggregateCall], _ results: [NamedExpression],
    bounds: [Field], _ stage: OperatorID
  ) {
    self.stage = stage
    self.bounds = bounds
    self.keys = keys.map { key in
      take(key.name, key.expression, of: key.name)
      return key.field
    }
    let names = Self.names(calls, results)
    let readers = results.firstReaders
    for call in calls {
      let result = names[call.name] ?? readers[call.name]
      let arguments = call.arguments.indices.map { argument(call, $0, of: result) }
      let filter = call.filter.map { column($0, of: result) }
      aggregates.append(
        PhysicalWindow.Aggregate(
          name: names[call.name] ?? call.name, result: result ?? call.name,
          function: call.function, arguments: arguments, filter: filter?.name,
          fieldType: call.fieldType))
    }
    finish(results, names)
  }

  func window(_ spec: WindowSpec) -> PhysicalWindow {
    var window = PhysicalWindow(
      kind: spec.kind, offset: spec.offset, zone: spec.zone, keys: keys, aggregates: aggregates)
    window.emitEvery = spec.emitEvery
    window.allowLate = spec.allowLate
    return window
  }

  /// An aggregate that is a column of the result bears its name; so does its state.
  private static func names(
    _ aggregates: [AggregateCall], _ results: [NamedExpression]
  ) -> [String: String] {
    let calls = Set(aggregates.map(\.name))
    var names: [String: String] = [:]
    for result in results {
      if case .column(let name) = result.expression.node, names[name] == nil,
        calls.contains(name)
      {
        names[name] = result.name
      }
    }
    return names
  }

  private mutating func finish(_ columns: [NamedExpression], _ names: [String: String]) {
    results = (keys + bounds).map { NamedExpression($0.name, .column($0)) }
    results += columns.map {
      let origin = NamedExpression.Origin(stage: stage, column: $0.name)
      return NamedExpression($0.name, $0.expression.renaming(names), origin: origin)
    }
    let plain = (keys + bounds).map(\.name) + aggregates.map(\.name)
    resultsArePlain =
      results.map(\.name) == plain
      && results.allSatisfy { $0.expression.node == .column($0.name) }
  }

  /// `result` is the column that the value is for.
  private mutating func take(_ name: String, _ expression: Expression, of result: String?) {
    if expressions[name] != nil { return }
    expressions[name] = expression
    let origin = NamedExpression.Origin(stage: stage, column: result)
    let column = NamedExpression(name, expression, origin: origin)
    columns.append(column)
    guard expression.node != .column(name) else { return }
    computed.append(column)
    computedNames[expression] = name
  }

  private mutating func argument(
    _ call: AggregateCall, _ index: Int, of result: String?
  ) -> PhysicalWindow.Argument {
    if let setting = call.setting(index) { return .constant(setting) }
    return .column(column(call.arguments[index], of: result))
  }

  private mutating func column(_ expression: Expression, of result: String?) -> Field {
    if case .column(let name) = expression.node {
      // A key may have taken the name for something else.
      let taken = expressions[name]
      if taken == nil || taken == expression {
        take(name, expression, of: result)
        return Field(name, expression.fieldType)
      }
    }
    if let same = computedNames[expression] { return Field(same, expression.fieldType) }
    var name = expression.heldName
    while expressions[name] != nil { name += "'" }
    take(name, expression, of: result)
    return Field(name, expression.fieldType)
  }

  /// Takes the row along beside, so that late rows can be put out as they came.
  mutating func carry(_ row: Schema) {
    columns += row.fields.map { NamedExpression("$row.\($0.name)", .column($0)) }
  }

  /// The row as it came, out of what was carried.
  func carried(_ row: Schema) -> [NamedExpression] {
    row.fields.map {
      NamedExpression($0.name, .column(Field("$row.\($0.name)", $0.fieldType)))
    }
  }
}
