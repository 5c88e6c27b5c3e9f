import Columns
import Compiler
import Connectors
import Diagnostics
import Plans
import Platform
import Schemas
import Synchronization
import TestKit
import Testing

@testable import Dataflow

/// Definitions of the tests, compiled, and run on the real operators over rows in memory.
enum Definition {
  static let row = "type Row { key: string, time: timestamp, value: int }\n"

  static func plan(_ text: String) throws -> PhysicalPlan {
    let file = SourceFile(path: "test.raudal", bytes: Array(text.utf8))
    let compilation = DefinitionCompiler.compile(file: file)
    let messages = TextRenderer(files: [file]).render(compilation.diagnostics)
    return try #require(compilation.physical, "\(messages)")
  }

  /// A job over the plan: its sources by name, and a log behind each of its sinks, by theirs.
  static func run(
    _ plan: PhysicalPlan, in world: World, knobs: TestRun.Knobs, topics: [MemoryTopic],
    restored: (any RestoredState)? = nil
  ) throws -> (run: TestRun, logs: [String: CellLog]) {
    var sources: [String: any Source] = [:]
    var sinks: [String: any Sink] = [:]
    var logs: [String: CellLog] = [:]
    for step in plan.operators {
      switch step.kind {
      case .source(let spec):
        #expect(step.schema == Row.schema, "the rows in memory have all columns")
        sources[step.id.name] = topics.first { $0.name == spec.name }
      case .sink(let spec):
        let log = CellLog(spec.name)
        logs[spec.name] = log
        sinks[step.id.name] = log
      default: break
      }
    }
    let run = try TestRun(
      plan, in: world, knobs: knobs, sources: sources, sinks: sinks,
      maker: PlannedOperators(plan, tables: []), restored: restored)
    return (run, logs)
  }
}

/// A sink that keeps rows of any columns, and knows which of them a checkpoint counts.
final class CellLog: Sink {
  struct Contents {
    var written: [[Cell]] = []
    /// What was written before a barrier since the one before it.
    var prepared: [Epoch: [[Cell]]] = [:]
  }

  let contents = Mutex(Contents())
  private let name: String

  init(_ name: String) { self.name = name }

  var rows: [[Cell]] { contents.withLock { $0.written } }

  func prepared(_ epoch: Epoch) -> [[Cell]] { contents.withLock { $0.prepared[epoch] ?? [] } }

  func makeWriter(worker: Int, wake: any Wake) throws(ConnectorError) -> any SinkWriter {
    Writer(self, worker: worker)
  }

  private final class Writer: SinkWriter {
    let log: CellLog
    let worker: Int
    var open: [[Cell]] = []

    init(_ log: CellLog, worker: Int) {
      self.log = log
      self.worker = worker
    }

    var hasRoom: Bool { true }

    func write(_ batch: Batch) throws(ConnectorError) -> [RowFailure] {
      let cells = batch.cells
      open += cells
      log.contents.withLock { $0.written += cells }
      return []
    }

    func prepare(_ epoch: Epoch) throws(ConnectorError) {
      log.contents.withLock { $0.prepared[epoch, default: []] += open }
      open = []
    }

    func prepared(_ epoch: Epoch) throws(ConnectorError) -> PendingOutput? {
      PendingOutput(sink: log.name, worker: worker, epoch: epoch)
    }
  }
}
