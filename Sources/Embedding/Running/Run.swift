import Columns
import Connectors
import Engine
import Platform
import Schemas
import Synchronization

/// A pipeline that is running. Any thread may use it.
public final class Run: Sendable {
  /// How a run ended.
  public enum Outcome: Sendable, Equatable {
    /// All was read and put out.
    case finished
    /// It was told to stop, or all that is left are tasks that a table holds back; with a state
    /// directory the next run goes on from there.
    case stopped
    case failed(String)
  }

  /// Rows that can't be given to a source.
  public struct InputError: Error, CustomStringConvertible {
    public let description: String
  }

  private let run: PipelineRun
  private let tables: MemoryTables
  private let inputs: [String: Schema]
  private let thread: any WorkerThread

  init(_ run: PipelineRun, tables: MemoryTables, inputs: [String: Schema]) {
    self.run = run
    self.tables = tables
    self.inputs = inputs
    thread = run.start()
  }

  /// Gives rows to a `memory` source, in this order behind the earlier ones.
  /// - Throws: `InputError` where there is no such source, or a row lacks a column.
  public func send(_ rows: [Row], to name: String) throws(InputError) {
    guard let schema = inputs[name] else {
      throw InputError(
        description: "`\(name)` is no source from memory that the pipeline reads; there are "
          + inputs.keys.sorted().joined(separator: ", "))
    }
    tables.append(try RowBatch.batch(of: rows, as: schema, for: name), to: name, partition: 0)
  }

  /// Says that nothing more will be sent to a source.
  public func finish(_ name: String) { tables.finish(name) }

  /// Takes the rows of a stream with a `memory` sink that were committed since the last call:
  /// those of whole checkpoints, each once, also after failures.
  public func takeRows(of name: String) -> [Row] {
    tables.takeRows(of: name).flatMap(RowBatch.rows)
  }

  /// Takes a last checkpoint and ends.
  public func stop() { run.requestStop() }

  /// Waits for the end.
  @discardableResult
  public func wait() -> Outcome {
    thread.join()
    switch run.outcome {
    case .finished, .wasFinished: return .finished
    case .stopped: return .stopped
    case .failed(let failure): return .failed(failure.message)
    case nil: return .failed("the run ended without an outcome")
    }
  }
}
