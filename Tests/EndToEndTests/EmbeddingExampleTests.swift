import Foundation
import Testing

/// The example program of the Swift library, as it is.
struct EmbeddingExampleTests {
  @Test func `the example prints its totals`() throws {
    let program = Commands.raudal.deletingLastPathComponent().appending(path: "EmbeddingExample")
    let result = try Commands.run(program, [])
    #expect(result.status == 0, "\(result.errors)")
    #expect(
      result.output == """
        es: 2 orders, 19.75, 1 with more than 10 % off
        no: 1 orders, 100.00, 0 with more than 10 % off
        no: 1 orders, 20.10, 1 with more than 10 % off
        announced: es-2, no-1, no-1

        """)
  }
}
