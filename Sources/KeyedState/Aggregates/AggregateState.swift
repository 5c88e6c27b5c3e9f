package import Columns
package import Schemas

/// One aggregate of a window, as its state needs to know it.
package struct AggregateSpec: Hashable, Sendable {
  package var name: String
  /// The catalogue's name.
  package var function: String
  /// Of the arguments that are columns.
  package var arguments: [FieldType]
  /// A percentile's share, between 0 and 1.
  package var share: Double
  /// How many values `approx_top` gives, and `collect` at most.
  package var limit: Int?
  package var hasFilter: Bool
  package var resultType: DataType
  /// Whether rows are taken back, so that it must know which values it has.
  package var takesBack = false
  /// The columns that it reads, and that of its filter: aggregates of the same values share them.
  package var reads: [String] = []

  package init(
    name: String, function: String, arguments: [FieldType], share: Double = 0.5,
    hasFilter: Bool = false, resultType: DataType
  ) {
    self.name = name
    self.function = function
    self.arguments = arguments
    self.share = share
    self.hasFilter = hasFilter
    self.resultType = resultType
  }

  /// The columns of its partial state, named by part.
  package var partialFields: [Field] {
    let types = arguments.map(\.type)
    guard takesBack else { return PartialState.fields(function: function, arguments: types) }
    switch function {
    case "count": return PartialState.fields(function: function, arguments: types)
    case "sum" where types.first != .float, "avg" where types.first != .float:
      return PartialState.fields(function: "avg", arguments: types)
    case "bool_and", "bool_or": return [Field("count", .int), Field("true", .int)]
    case "bit_and", "bit_or", "bit_xor": return [Field("count", .int), Field("bits", .bytes)]
    default: return ExactMomentState.fields(function) ?? []
    }
  }

  /// What decides which of its values its partial state holds, for the manifest: a state that was
  /// cut to a limit is none of another limit.
  package var rule: String {
    switch function {
    case "percentile": "\(function) \(share)"
    case "collect" where limit != nil && !takesBack: "\(function) \(limit ?? 0)"
    default: function
    }
  }

  /// Whether every group has taken a value, so that no group's result is null.
  var isAlwaysSet: Bool { !hasFilter && arguments.allSatisfy { !$0.isNullable } }

  /// A state without groups; nil if the function is none of this room's, or not for these types.
  func makeState() -> (any AggregateState)? {
    let type = arguments.first?.type ?? .int
    if takesBack { return makeRetractableState(type) }
    switch function {
    case "count": return CountState()
    case "sum", "avg": return type.isNumeric || type == .duration ? makeSum(type) : nil
    case "min", "max": return makeExtreme(type)
    case "bool_and", "bool_or", "bit_and", "bit_or", "bit_xor":
      return WordFoldState(self, type)
    case "stddev_pop", "stddev_samp", "var_pop", "var_samp":
      return type.isNumeric ? MomentState(self) : nil
    case "corr", "covar_pop", "covar_samp":
      return arguments.count == 2 ? CoMomentState(self) : nil
    case "first", "last", "any": return PickedState(self)
    case "arg_min", "arg_max": return arguments.count == 2 ? PickedState(self) : nil
    case "collect", "median", "percentile": return CollectionState(self)
    case "count_distinct": return DistinctState(self)
    case "approx_count_distinct": return SketchState<DistinctSketch>(self)
    case "approx_percentile": return type.isNumeric ? SketchState<QuantileSketch>(self) : nil
    case "approx_top": return SketchState<TopSketch>(self)
    default: return nil
    }
  }

  private func makeRetractableState(_ type: DataType) -> (any AggregateState)? {
    switch function {
    case "count": return CountState()
    case "sum", "avg":
      guard type.isNumeric || type == .duration else { return nil }
      return type == .float ? ExactMomentState(self) : ExactSumState(self)
    case "bool_and", "bool_or": return BoolCountState(self)
    case "bit_and", "bit_or", "bit_xor": return BitCountState(self)
    case "corr", "covar_pop", "covar_samp":
      return arguments.count == 2 ? ExactMomentState(self) : nil
    case "stddev_pop", "stddev_samp", "var_pop", "var_samp":
      return type.isNumeric ? ExactMomentState(self) : nil
    default: return ValueSetState(self)
    }
  }

  private func makeSum(_ type: DataType) -> any AggregateState {
    type == .float ? FloatSumState(self) : ExactSumState(self)
  }

  private func makeExtreme(_ type: DataType) -> (any AggregateState)? {
    if type.isText { return PickedState(self) }
    if case .decimal = type { return DecimalExtremeState(self) }
    return type.isScalar ? WordFoldState(self, type) : nil
  }
}

/// Rows of a batch and the group that each belongs to.
struct GroupRows {
  let groups: UnsafePointer<UInt32>
  let rows: UnsafePointer<UInt32>
  let count: Int
}

/// What an aggregate reads of a batch. Columns of fixed width are plain.
struct AggregateInput {
  let columns: [Column]
  /// The order tag of each row, where the batch has one.
  let times: UnsafePointer<Int64>?
  let lanes: UnsafePointer<Int64>?
  let places: UnsafePointer<Int64>?

  @inline(__always)
  func tag(_ row: Int) -> RowTag {
    RowTag(time: times?[row] ?? 0, lane: lanes?[row] ?? 0, place: places?[row] ?? 0)
  }
}

/// The order among rows: event time, lane, place.
struct RowTag: Comparable {
  var time: Int64
  var lane: Int64
  var place: Int64

  static func < (a: RowTag, b: RowTag) -> Bool {
    (a.time, a.lane, a.place) < (b.time, b.lane, b.place)
  }
}

/// Results of groups; `failed` lists the positions whose value the result type cannot hold.
package struct AggregateResult {
  package let column: Column
  package let failed: [Int]
}

/// The state of one aggregate for all groups of a pane, in columns addressed by group.
///
/// `update` and `merge` get only rows whose arguments are not null and that pass the filter; rows
/// of `merge` are rows of the partial columns, in the order of `PartialState.fields`.
protocol AggregateState: AnyObject, Sendable {
  /// Makes room for groups below `groups`, as of no value.
  func grow(to groups: Int)
  func update(_ rows: GroupRows, _ input: AggregateInput)
  func merge(_ rows: GroupRows, _ partials: [Column])
  /// Sets a group back to no value (a restored row replaces an earlier one).
  func clear(_ group: UInt32)
  func partials(_ groups: RowList) -> [Column]
  func result(_ groups: RowList) -> AggregateResult
  /// A copy with today's values, for reading on another thread.
  func share() -> any AggregateState
  /// Bytes of values without a fixed width.
  var valueBytes: Int { get }
}

extension AggregateState {
  var valueBytes: Int { 0 }
}

/// One that can take back rows that it was given.
protocol RetractableState: AggregateState {
  /// As `update`, of rows that are there no more.
  func retract(_ rows: GroupRows, _ input: AggregateInput)
}

extension Cells {
  /// Folds one value of each row into its group's cell.
  @inline(__always)
  func fold<Input>(
    _ rows: GroupRows, _ values: UnsafePointer<Input>, _ combine: (Value, Input) -> Value
  ) {
    own(rows.groups, rows.count)
    let groups = rows.groups
    let numbers = rows.rows
    if let flat {
      let cells = FlatCells(base: flat)
      for i in 0..<rows.count {
        cells[groups[i]] = combine(cells[groups[i]], values[Int(numbers[i])])
      }
    } else {
      let cells = PagedCells(table: table)
      for i in 0..<rows.count {
        cells[groups[i]] = combine(cells[groups[i]], values[Int(numbers[i])])
      }
    }
  }

  /// Changes the cell of each row's group, whatever the row.
  @inline(__always)
  func touch(_ rows: GroupRows, _ change: (Value) -> Value) {
    own(rows.groups, rows.count)
    let groups = rows.groups
    if let flat {
      let cells = FlatCells(base: flat)
      for i in 0..<rows.count { cells[groups[i]] = change(cells[groups[i]]) }
    } else {
      let cells = PagedCells(table: table)
      for i in 0..<rows.count { cells[groups[i]] = change(cells[groups[i]]) }
    }
  }

  /// Sets one cell.
  func set(_ group: UInt32, _ value: Value) {
    var group = group
    own(&group, 1)
    self[group] = value
  }

  /// Writes the cells of groups one after the other.
  @inline(__always)
  func gather(_ groups: RowList, to target: UnsafeMutablePointer<Value>) {
    for i in 0..<groups.count { target[i] = self[groups.rows[i]] }
  }
}
