import Foundation
import Testing

/// Nulls in what `arg_min` and `arg_max` pick, and rows of one instant, in every stage alike.
struct PickedNullTests {
  private static let definition = """
    pipeline picked
    type E { id: int, k: string, x: int?, y: int?, at: timestamp }
    source e: E from memory { event_time: at }
    stream windows = e | window tumbling 1h by k { hi = arg_max(x, y), lo = arg_min(x, y) }
    stream running = e | aggregate by k { hi = arg_max(x, y), lo = arg_min(x, y) }
    stream updates = e
      | aggregate by id, k { x = max(x), y = max(y) }
      | aggregate by k { hi = arg_max(x, y), lo = arg_min(x, y) }
    stream frames = e
      | over by k 1h preceding { hi = arg_max(x, y), lo = arg_min(x, y) }
      | where id == 4
      | map { k, hi, lo }
    stream matches = e
      | match by k within 1h {
          sequence: a{4}
          a = id > 0
          emit { k, hi = arg_max(a.x, a.y), lo = arg_min(a.x, a.y) }
        }
    stream steps = e | funnel by k within 0s { one: id == 1, two: id == 2, three: id == 3 }
    stream instants = e
      | match by k within 0s {
          sequence: a, b
          a = id % 2 == 1
          b = id % 2 == 0
          emit { k, first = a.id, second = b.id }
        }
    sink windows to print
    sink running to print { updates: debezium }
    sink updates to print { updates: debezium }
    sink frames to print
    sink matches to print
    sink steps to print
    sink instants to print

    test "nulls" {
      given e [
        { id: 1, k: "a", x: 1, y: 10, at: "2026-01-01T00:00:01Z" }
        { id: 2, k: "a", x: null, y: 20, at: "2026-01-01T00:00:01Z" }
        { id: 3, k: "a", x: 3, y: null, at: "2026-01-01T00:00:03Z" }
        { id: 4, k: "a", x: 4, y: 5, at: "2026-01-01T00:00:04Z" }
      ]
      expect windows [ { k: "a", hi: 1, lo: 4 } ]
      expect running [ { k: "a", hi: 1, lo: 4 } ]
      expect updates [ { k: "a", hi: 1, lo: 4 } ]
      expect frames [ { k: "a", hi: 1, lo: 4 } ]
      expect matches [ { k: "a", hi: 1, lo: 4 } ]
      expect steps [ { k: "a", steps: 2 } ]
      expect instants [ { k: "a", first: 1, second: 2 } ]
    }
    """

  @Test func `rows without a value to pick count nowhere, rows of one instant follow each other`()
    throws
  {
    let place = try Workplace()
    try place.write("p.raudal", Self.definition)
    let result = try Commands.run(Commands.raudal, ["test", place.path("p.raudal").path])
    #expect(result.status == 0, "\(result.output) \(result.errors)")
  }
}
