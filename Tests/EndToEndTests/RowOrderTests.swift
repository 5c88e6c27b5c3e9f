import Foundation
import Testing

/// The order among rows that came of one row: the same at any parallelism.
struct RowOrderTests {
  private func test(_ definition: String) throws {
    let place = try Workplace()
    try place.write("p.raudal", definition)
    let result = try Commands.run(Commands.raudal, ["test", place.path("p.raudal").path])
    #expect(result.status == 0, "\(result.output)\(result.errors)")
  }

  @Test func `elements of a list are in its order, wherever they have been`() throws {
    try test(
      """
      pipeline g
      type R { at: timestamp, k: string, xs: list<int> }
      source r: R from file { path: "in.jsonl", event_time: at, on_error: fail }
      stream s = r | flatten xs as x | key by x
        | window tumbling 1h by k { all = collect(x), f = first(x), l = last(x) }
      sink s to print
      test "elements" {
        given r [
          { at: "2026-01-01T00:00:00Z", k: "a", xs: [5, 4, 3, 9] }
          { at: "2026-01-01T00:00:00Z", k: "a", xs: [8, 7, 2, 1, 6] }
        ]
        expect s [
          {
            k: "a", window_start: "2026-01-01T00:00:00Z", all: [5, 4, 3, 9, 8, 7, 2, 1, 6]
            f: 5, l: 6
          }
        ]
      }
      """)
  }

  @Test func `a row that comes by two ways comes by the first one first`() throws {
    try test(
      """
      pipeline u
      type R { at: timestamp, k: string, n: int }
      source r: R from file { path: "in.jsonl", event_time: at, on_error: fail }
      stream negative = r | key by n | map { at, k, n = -n } on_error skip
      stream both = r | union negative
      stream s = both | window tumbling 1h by k { all = collect(n), f = first(n), l = last(n) }
      sink s to print
      test "ways" {
        given r [
          { at: "2026-01-01T00:00:00Z", k: "a", n: 3 }
          { at: "2026-01-01T00:00:00Z", k: "a", n: 2 }
          { at: "2026-01-01T00:00:00Z", k: "a", n: 1 }
        ]
        expect s [
          {
            k: "a", window_start: "2026-01-01T00:00:00Z", all: [3, -3, 2, -2, 1, -1], f: 3
            l: -1
          }
        ]
      }
      """)
  }
}
