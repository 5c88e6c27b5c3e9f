import Foundation
import Testing

/// Aggregates of what is the same for every row.
struct ConstantAggregateTests {
  private static let columns = """
    n = count(1), distinct = count_distinct("x"), s = sum(2), low = min(5), high = max(5)
      mean = avg(1.5e0), exact = avg(2.50), dev = stddev_pop(3), cov = covar_pop(1, 2)
      every = bool_and(true), bits = bit_or(6), f = first("f"), l = last(param.k), some = any(7)
      all = collect(1), least = arg_min("a", 1), most = arg_max(id, 2), half = median(4)
      share = percentile(9, 50%), none = count(where false), off = sum(id where param.on)
      both = sum(if param.on then 1 else 0)
    """

  private static let expected = """
    n: 2, distinct: 1, s: 4, low: 5, high: 5, mean: 1.5, exact: 2.5, dev: 0.0, cov: 0.0
      every: true, bits: 6, f: "f", l: 3, some: 7, all: [1, 1], least: "a", most: 1, half: 4.0
      share: 9.0, none: 0, off: null, both: 0
    """

  @Test(arguments: [
    "window tumbling 1m", "window session gap 1m", "window count 2", "over by key rows 5 preceding",
    "over by key 1m preceding",
  ])
  func `every aggregate takes a constant`(_ stage: String) throws {
    let place = try Workplace()
    try place.write(
      "p.raudal",
      """
      pipeline constants
      param k: int = 3
      param on: bool = false
      type E { id: int, key: string, at: timestamp }
      source e: E from file { path: "in.jsonl", event_time: at, on_error: skip }
      stream s = e | \(stage) {
        \(Self.columns)
      } on_error skip
      sink s to print
      test "constants" {
        given e [
          { id: 1, key: "a", at: "2026-01-01T00:00:01Z" }
          { id: 2, key: "a", at: "2026-01-01T00:00:02Z" }
        ]
        expect s contains [ {
          \(Self.expected)
        } ]
      }
      """)
    let result = try Commands.run(Commands.raudal, ["test", place.path("p.raudal").path])
    #expect(result.status == 0, "\(result.output)\(result.errors)")
  }
}
