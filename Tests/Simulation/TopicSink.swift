import Columns
package import Connectors
package import Platform
import Schemas
import TestKit

/// Writes rows as text into the pipeline's transactions, as the Kafka sink does, into a topic of
/// the sink's name.
package final class TopicSink: Sink {
  private let name: String
  private let output: any TransactionalOutput

  package init(name: String, output: any TransactionalOutput) {
    self.name = name
    self.output = output
  }

  package func makeWriter(
    worker: Int, wake: any Wake
  ) throws(ConnectorError) -> any SinkWriter {
    TopicWriter(name, worker, output, wake)
  }
}

private final class TopicWriter: SinkWriter {
  private enum Item {
    case row(String, after: Epoch?)
    case barrier(Epoch)
  }

  private let name: String
  private let worker: Int
  private let output: any TransactionalOutput
  private var queue: [Item] = []
  private var epoch: Epoch?
  private var handedOver: Epoch?

  init(_ name: String, _ worker: Int, _ output: any TransactionalOutput, _ wake: any Wake) {
    self.name = name
    self.worker = worker
    self.output = output
    output.register(wake)
  }

  var hasRoom: Bool {
    try? pump()
    return queue.count < 16
  }

  func write(_ batch: Batch) throws(ConnectorError) -> [RowFailure] {
    for cells in batch.cells {
      let text = cells.map(\.plain).joined(separator: ":")
      queue.append(.row(text, after: epoch))
    }
    try pump()
    return []
  }

  func prepare(_ epoch: Epoch) throws(ConnectorError) {
    self.epoch = epoch
    queue.append(.barrier(epoch))
    try pump()
  }

  func prepared(_ epoch: Epoch) throws(ConnectorError) -> PendingOutput? {
    try pump()
    guard let handedOver, handedOver >= epoch, try output.isAcknowledged(epoch) else { return nil }
    return PendingOutput(sink: name, worker: worker, epoch: epoch)
  }

  func flush() { try? pump() }

  private func pump() throws(ConnectorError) {
    while let item = queue.first {
      switch item {
      case .row(let text, let after):
        switch produce(text, after) {
        case .queued: break
        case .full: return
        case .rejected(let error): throw error
        }
      case .barrier(let epoch):
        output.passed(epoch)
        handedOver = epoch
      }
      queue.removeFirst()
    }
  }

  private func produce(_ text: String, _ after: Epoch?) -> ProduceOutcome {
    let bytes = Array(text.utf8)
    return bytes.withUnsafeBufferPointer {
      output.produce(OutgoingRecord(topic: name, key: nil, value: $0), after: after)
    }
  }
}

extension Cell {
  /// Without quotes.
  package var plain: String {
    if case .text(let text) = self { text } else { description }
  }
}

/// Where a `StagedSink` of any process leaves its rows: staged under a name, visible once moved.
package final class Shelf: @unchecked Sendable {
  package private(set) var visible: [String: [String]] = [:]
  private(set) var staged: [String: [String]] = [:]
  private var order: [String] = []
  private var taken: Set<String> = []

  package init() {}

  /// A consumer takes what is visible, and leaves nothing behind.
  package func takeAll() { taken = Set(visible.keys) }

  /// Takes away what waits to be made visible, as an accident would.
  package func loseStaged() { staged = [:] }

  package var committedValues: [String] { order.flatMap { visible[$0] ?? [] } }

  func stage(_ name: String, _ rows: [String]) { staged[name] = rows }

  /// Whether what is under that name is or was there.
  func commit(_ name: String) -> Bool {
    guard let rows = staged.removeValue(forKey: name) else {
      return visible[name] != nil && !taken.contains(name)
    }
    visible[name] = rows
    order.append(name)
    return true
  }

  /// What a newer process has staged stays: who discards may have stood still for long.
  func discard(keeping kept: Set<String>, by process: Int) {
    staged = staged.filter { name, _ in
      let owner = name.split(separator: "-").last.flatMap { Int($0) } ?? 0
      return kept.contains(name) || owner > process
    }
  }
}

/// A sink without transactions, like files that are renamed: rows wait in a stage of their epoch,
/// and `commit` makes them visible, once.
package final class StagedSink: Sink {
  private let name: String
  private let shelf: Shelf
  private let process: SimulatedProcess

  package init(name: String, shelf: Shelf, of process: SimulatedProcess) {
    self.name = name
    self.shelf = shelf
    self.process = process
  }

  package func makeWriter(
    worker: Int, wake: any Wake
  ) throws(ConnectorError) -> any SinkWriter {
    StagedWriter(name, worker, shelf, process)
  }

  package func commit(_ pending: [PendingOutput]) throws(ConnectorError) {
    for output in pending where !output.payload.isEmpty {
      let isThere = try process.survive("publish \(output.payload)") {
        shelf.commit(output.payload)
      }
      guard isThere else {
        throw ConnectorError(.gap, "\(output.payload) is gone, and its rows are lost")
      }
    }
  }

  package func discardUncommitted(keeping kept: [PendingOutput]) throws(ConnectorError) {
    try process.survive("discard") {
      shelf.discard(keeping: Set(kept.map(\.payload)), by: process.number)
    }
  }
}

private final class StagedWriter: SinkWriter {
  private let name: String
  private let worker: Int
  private let shelf: Shelf
  private let process: SimulatedProcess
  private var rows: [String] = []
  private var pending: [Epoch: PendingOutput] = [:]

  init(_ name: String, _ worker: Int, _ shelf: Shelf, _ process: SimulatedProcess) {
    self.name = name
    self.worker = worker
    self.shelf = shelf
    self.process = process
  }

  var hasRoom: Bool { true }

  func write(_ batch: Batch) throws(ConnectorError) -> [RowFailure] {
    rows += batch.cells.map { $0.map(\.plain).joined(separator: ":") }
    return []
  }

  func prepare(_ epoch: Epoch) throws(ConnectorError) {
    // Names carry the process, as files carry the incarnation.
    let payload = rows.isEmpty ? "" : "\(epoch)-\(worker)-\(process.number)"
    if !rows.isEmpty { try process.survive("stage \(payload)") { shelf.stage(payload, rows) } }
    rows = []
    pending[epoch] = PendingOutput(sink: name, worker: worker, epoch: epoch, payload: payload)
  }

  func prepared(_ epoch: Epoch) throws(ConnectorError) -> PendingOutput? { pending[epoch] }
}
