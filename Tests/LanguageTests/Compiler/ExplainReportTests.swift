import Compiler
import Diagnostics
import Foundation
import Plans
import Testing

@Suite struct ExplainReportTests {
  private static let text = """
    /// What it is for.
    pipeline p
    param period: duration = 10s
    type E { id: int, name: string, at: timestamp }
    type T { name: string, team: string }
    source e: E from memory { event_time: at, lateness: 5s }
    table t: T key name from memory
    stream s = e
      | sample 50%
      | enrich t on name
      | window tumbling period by team { n = count(), names = count_distinct(name) }
      | limit 100
    sink s to print
    """

  private func compile() -> Compilation {
    DefinitionCompiler.compile(file: SourceFile(path: "p.raudal", text: Self.text))
  }

  private func object(_ workload: Workload, physical: Bool) throws -> [String: Any] {
    let json = try #require(ExplainReport(compile(), workload, isPhysical: physical).json)
    let value = try JSONSerialization.jsonObject(with: Data(json.utf8))
    return try #require(value as? [String: Any])
  }

  @Test func `Every step says its columns, key and state`() throws {
    let plan = try object(Workload(), physical: false)
    #expect(plan["documentation"] as? String == "What it is for.")
    #expect(plan["physical"] == nil)
    let steps = try #require(plan["steps"] as? [[String: Any]])
    #expect(
      steps.compactMap { $0["kind"] as? String } == [
        "source", "table", "sample", "enrich", "window", "limit", "sink",
      ])
    let window = steps[4]
    #expect(window["key"] as? [String] == ["team"])
    let columns = try #require(window["columns"] as? [[String: Any]])
    #expect(
      columns.map { $0["name"] as? String } == ["team", "window_start", "window_end", "n", "names"])
    #expect(columns[0]["nullable"] as? Bool == true)
    #expect(columns[3]["type"] as? String == "int")
    #expect(steps[3]["table"] as? String == "t")
    #expect(steps[2]["state"] is NSNull)
    #expect((steps[5]["state"] as? [String: Any])?["bytes"] as? Int == 9)
  }

  @Test func `The longest span has an estimate too`() throws {
    let text = """
      pipeline p
      type E { id: int, at: timestamp }
      source e: E from memory { event_time: at, on_error: skip }
      stream s = e | dedupe by id within 106751991d
      sink s to print
      """
    let plan = try #require(
      DefinitionCompiler.compile(file: SourceFile(path: "p.raudal", text: text)).optimised)
    #expect(StateEstimates(plan, Workload()).text.contains("keys of the last"))
  }

  @Test func `The most frequent values cost what their number asks for`() throws {
    func bytes(_ count: Int) throws -> Double {
      let text = """
        pipeline p
        type E { id: int, at: timestamp }
        source e: E from memory { event_time: at, on_error: skip }
        stream s = e | window tumbling 1d { most = approx_top(id, \(count)) }
        sink s to print
        """
      let plan = try #require(
        DefinitionCompiler.compile(file: SourceFile(path: "p.raudal", text: text)).optimised)
      let workload = Workload(rates: ["e": 1_000], values: ["id": 1_000_000])
      return try #require(StateEstimates(plan, workload).steps.map(\.bytes).max())
    }
    #expect(try bytes(1) == bytes(64))
    #expect(try bytes(1_000) > 15 * bytes(64))
  }

  @Test func `State follows from rates and keys`() throws {
    func window(_ workload: Workload) throws -> (entries: Int, bytes: Int, rate: Int) {
      let steps = try #require(try object(workload, physical: false)["steps"] as? [[String: Any]])
      let state = try #require(steps[4]["state"] as? [String: Any])
      return (
        try #require(state["entries"] as? Int), try #require(state["bytes"] as? Int),
        try #require(steps[4]["rows_per_second"] as? Int)
      )
    }
    // Half of 2,000 rows a second for 10 s are 10,000 rows of 100 teams; late ones keep a second
    // window open.
    let some = try window(Workload(rates: ["e": 2_000], values: ["team": 100, "name": 1_000]))
    #expect(some.entries == 200)
    #expect(some.rate == 10)
    let faster = try window(Workload(rates: ["e": 4_000], values: ["team": 100, "name": 1_000]))
    #expect(faster.entries == 200)
    #expect(faster.bytes > some.bytes, "more names in each group")
    let few = try window(Workload(rates: ["e": 0.2], values: ["team": 100]))
    #expect(few.entries == 2, "no more groups than rows")
  }

  @Test func `Operators and exchanges are told where they are asked for`() throws {
    let plan = try #require(try object(Workload(), physical: true)["physical"] as? [String: Any])
    let operators = try #require(plan["operators"] as? [[String: Any]])
    let exchanges = operators.flatMap { step in
      (step["inputs"] as? [[String: Any]] ?? []).compactMap { $0["exchange"] as? [String: Any] }
    }
    #expect(exchanges.compactMap { $0["columns"] as? [String] } == [["team"], []])
    #expect(operators.compactMap { $0["segment"] as? Int }.max() == 2)
  }

  @Test func `The text says what was assumed`() throws {
    let plan = try #require(compile().optimised)
    let text = StateEstimates(plan, Workload(rates: ["e": 20_000], values: ["team": 50])).text
    #expect(
      text == """
        State, about
          t: all rows, on each worker; not in checkpoints: 10k, 720 kB
          s.window: groups of 2 open panes of 10s: 100, 7.2 MB
          s.limit: how many rows it has let through: 1, 9 B
          if: e 20k rows/s, team 50 values, other columns 10k values

        """)
  }
}
