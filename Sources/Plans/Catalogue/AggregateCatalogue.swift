import Schemas

/// All aggregate functions of the language, as data.
///
/// Nulls are left out, as in SQL: a row counts for an aggregate only if none of its arguments is
/// null.
public enum AggregateCatalogue {
  public static let signatures: [AggregateSignature] = counting + statistics + picking + sketches

  private static let byName: [String: [AggregateSignature]] =
    Dictionary(grouping: signatures, by: \.name)

  public static func signatures(named name: String) -> [AggregateSignature] { byName[name] ?? [] }

  /// The signature of a call in a plan.
  public static func signature(named name: String, arguments: Int) -> AggregateSignature? {
    signatures(named: name).first { $0.parameters.count == arguments }
  }

  public static let names: [String] = byName.keys.sorted()

  private static let counting: [AggregateSignature] = [
    AggregateSignature("count", [], .type(.int), nulls: .never, "The number of rows."),
    AggregateSignature(
      "count", [.any], .type(.int), nulls: .never, "The number of rows whose value is not null."),
    AggregateSignature(
      "count_distinct", [.any], .type(.int), nulls: .never,
      "The number of distinct values, exact."),
    AggregateSignature("sum", [.summable], .sum, fails: true, "The sum; it fails beyond its type."),
    AggregateSignature("min", [.ordered], .first, "The least value."),
    AggregateSignature("max", [.ordered], .first, "The greatest value."),
    AggregateSignature(
      "avg", [.summable], .average, fails: true, "The mean; of decimals rounded half up."),
    AggregateSignature("bool_and", [.bool], .type(.bool), "Whether all values are true."),
    AggregateSignature("bool_or", [.bool], .type(.bool), "Whether any value is true."),
    AggregateSignature("bit_and", [.int], .type(.int), "The bitwise and of all values."),
    AggregateSignature("bit_or", [.int], .type(.int), "The bitwise or of all values."),
    AggregateSignature("bit_xor", [.int], .type(.int), "The bitwise exclusive or of all values."),
  ]

  private static let statistics: [AggregateSignature] = [
    AggregateSignature("stddev_pop", [.float], .type(.float), "The population's deviation."),
    AggregateSignature(
      "stddev_samp", [.float], .type(.float), nulls: .always,
      "The sample's deviation; null of fewer than two values."),
    AggregateSignature("var_pop", [.float], .type(.float), "The population's variance."),
    AggregateSignature(
      "var_samp", [.float], .type(.float), nulls: .always,
      "The sample's variance; null of fewer than two values."),
    AggregateSignature(
      "corr", [.float, .float], .type(.float), nulls: .always,
      "Pearson's correlation; null where a side does not vary."),
    AggregateSignature(
      "covar_pop", [.float, .float], .type(.float), "The population's covariance."),
    AggregateSignature(
      "covar_samp", [.float, .float], .type(.float), nulls: .always,
      "The sample's covariance; null of fewer than two pairs."),
    AggregateSignature("median", [.float], .type(.float), "`percentile(x, 50%)`."),
    AggregateSignature(
      "percentile", [.float, .share], .type(.float),
      "The exact percentile, interpolated between neighbours."),
  ]

  private static let picking: [AggregateSignature] = [
    AggregateSignature("first", [.any], .first, ordered: true, "The value earliest in event time."),
    AggregateSignature("last", [.any], .first, ordered: true, "The value latest in event time."),
    AggregateSignature(
      "any", [.any], .first, ordered: true, "One of the values; the same one in every run."),
    AggregateSignature(
      "collect", [.any], .list, nulls: .never, ordered: true, fails: true,
      "A list of all values in event-time order; an empty one of none. It fails beyond 64 MiB."),
    AggregateSignature(
      "collect", [.any, .limit], .list, nulls: .never, ordered: true, fails: true,
      "A list of the earliest values, so many at most. Windows and running aggregates keep no more "
        + "than about twice as many, but of streams that update all."),
    AggregateSignature(
      "arg_min", [.any, .ordered], .first, ordered: true,
      "The first argument where the second is least; of equals the earliest."),
    AggregateSignature(
      "arg_max", [.any, .ordered], .first, ordered: true,
      "The first argument where the second is greatest; of equals the earliest."),
  ]

  private static let sketches: [AggregateSignature] =
    (1...4).map { count in
      AggregateSignature(
        "approx_count_distinct", Array(repeating: .any, count: count), .type(.int), nulls: .never,
        count == 1
          ? "The number of distinct values: exact up to 1,536, beyond with a standard error of "
            + "0.81 %."
          : "The number of distinct combinations of \(count) values, likewise.")
    } + [
      AggregateSignature(
        "approx_percentile", [.float, .share], .type(.float),
        "A percentile within 1 % of the value that stands there in order; not interpolated."),
      AggregateSignature(
        "approx_top", [.any, .limit], .counts, nulls: .never, fails: true,
        "The most frequent values with their counts: exact up to 1,024 distinct values (16 n where "
          + "that is more) of 512 KiB together, beyond at most `error` too high, and `error` at "
          + "most a 512th of the rows (an 8 n-th), more where texts are long. It fails beyond "
          + "64 MiB."),
    ]
}
