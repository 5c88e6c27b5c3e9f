import Foundation
import Testing

/// Half a year of real-shaped clicks, held against pandas.
struct ClickstreamTests {
  @Test(.timeLimit(.minutes(10)))
  func `visits, funnels, attribution and retention are what pandas computes`() throws {
    for workers in [1, 3] {
      let result = try Commands.run(
        Commands.root.appending(path: "scripts/clickstream"), ["--parallelism", "\(workers)"],
        environment: ["RAUDAL": Commands.raudal.path])
      #expect(result.status == 0, "\(result.output) \(result.errors)")
      let equal = result.output.split(separator: "\n").filter { $0.hasSuffix("rows, equal") }
      #expect(equal.count == 5, "\(result.output) \(result.errors)")
      #expect(equal.first == "visits: 3605 rows, equal")
    }
  }
}
