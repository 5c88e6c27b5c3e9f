/// The columns in which an aggregate's unfinished state travels between the two phases of a window
/// and lies in checkpoints.
///
/// The planner needs them for the local phase's schema and the state needs them for its blocks, so
/// they stand where both can see them.
public enum PartialState {
  /// Fields named by part; a plan puts the aggregate's name before them (`total.sum`).
  ///
  /// Integers are summed in 128 bits, so that only the final result can overflow, in whatever order
  /// partial states meet. Decimals beyond 19 digits carry the bits above 128 apart.
  public static func fields(function: String, arguments: [DataType]) -> [Field] {
    let first = arguments.first ?? .int
    switch function {
    case "count":
      return [Field("count", .int)]
    case "sum":
      return sumFields(first)
    case "avg":
      return sumFields(first) + [Field("count", .int)]
    case "stddev_pop", "stddev_samp", "var_pop", "var_samp":
      return [Field("count", .int), Field("mean", .float), Field("m2", .float)]
    case "corr", "covar_pop", "covar_samp":
      let parts = ["mean_x", "mean_y", "m2_x", "m2_y", "c_xy"]
      return [Field("count", .int)] + parts.map { Field($0, .float) }
    case "first", "last", "any":
      return [Field("value", first, nullable: true)] + tagFields
    case "arg_min", "arg_max":
      let order = arguments.count > 1 ? arguments[1] : .int
      return [Field("value", first, nullable: true), Field("order", order, nullable: true)]
        + tagFields
    case "collect", "median", "percentile", "count_distinct":
      return [Field("values", .bytes)]
    case "approx_count_distinct", "approx_percentile", "approx_top":
      return [Field("sketch", .bytes)]
    default:
      return [Field("value", first, nullable: true)]
    }
  }

  /// Whether a sum of this type keeps the bits above 128 apart: fewer digits cannot overflow in
  /// 2^63 rows.
  public static func carries(_ type: DataType) -> Bool {
    if case .decimal(let precision, _) = type { return precision > 19 }
    return false
  }

  private static let tagFields = [
    Field("time", .timestamp), Field("lane", .int), Field("place", .int),
  ]

  private static func sumFields(_ type: DataType) -> [Field] {
    switch type {
    case .float:
      return [Field("sum", .float, nullable: true)]
    case .decimal(_, let scale):
      let wide = DataType.decimal(precision: DataType.maximumPrecision, scale: scale)
      let sum = Field("sum", wide, nullable: true)
      return carries(type) ? [sum, Field("carry", .int)] : [sum]
    default:
      let wide = DataType.decimal(precision: DataType.maximumPrecision, scale: 0)
      return [Field("sum", wide, nullable: true)]
    }
  }
}
