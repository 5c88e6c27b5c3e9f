import Columns
import Formats
import Glibc
import Platform
package import Plans
package import Schemas
import Synchronization

/// The connector `print`: a line for each row on standard output.
package struct PrintConnector: ConnectorFactory {
  package let name = "print"
  /// Calls what it is given, which writes, while nobody else writes to the same terminal.
  package typealias Turn = @Sendable (() -> Void) -> Void

  private let output: PrintOutput

  /// `output`: a file descriptor, standard output if not given.
  package init(output: Int32 = 1, turn: @escaping Turn = { $0() }) {
    self.output = PrintOutput(descriptor: output, turn: turn)
  }

  package func makeSink(
    _ spec: SinkSpec, schema: Schema, options: ResolvedOptions,
    transaction: (any TransactionalOutput)?, environment: ConnectorEnvironment
  ) throws(ConnectorError) -> any Sink {
    PrintSink(spec, schema: schema, lanes: environment.lanes, output: output)
  }
}

/// Lines go out as they come: what is printed is not taken back by a crash.
final class PrintSink: Sink {
  private let spec: SinkSpec
  private let schema: Schema
  private let lanes: any BackgroundLanes
  private let output: PrintOutput
  private let heading = PrintHeading()

  init(_ spec: SinkSpec, schema: Schema, lanes: any BackgroundLanes, output: PrintOutput) {
    self.spec = spec
    self.schema = schema
    self.lanes = lanes
    self.output = output
  }

  func makeWriter(worker: Int, wake: any Wake) throws(ConnectorError) -> any SinkWriter {
    do throws(FormatError) {
      return PrintWriter(
        spec.name, worker: worker, encoder: try makeEncoder(spec.encoding, schema: schema),
        lanes: lanes, wake: wake, output: output, heading: heading)
    } catch {
      throw ConnectorError(.configuration, "sink `\(spec.name)`: \(error)")
    }
  }
}

/// The heading of all workers' lines, which comes before the first of them.
final class PrintHeading: Sendable {
  private let isOut = Atomic<Bool>(false)

  /// The lines as they are printed, on the lane that all workers share.
  func leading(_ lines: [UInt8], _ heading: [UInt8]?) -> [UInt8] {
    guard let heading, !lines.isEmpty, !isOut.exchange(true, ordering: .relaxed) else {
      return lines
    }
    return heading + [0x0A] + lines
  }
}

/// One worker's end of a print sink; all share the lane `print`, so that lines stay whole.
final class PrintWriter: SinkWriter {
  static let queueBytes = 1 << 20

  private struct State {
    var queuedBytes = 0
    var prepared: Set<Epoch> = []
    var failure: ConnectorError?
  }

  private final class Shared: Sendable {
    let state = Mutex(State())
  }

  private let name: String
  private let worker: Int
  private let encoder: any RecordEncoder
  private let records = EncodedRecords()
  private let lanes: any BackgroundLanes
  private let wake: any Wake
  private let output: PrintOutput
  private let shared = Shared()
  private let heading: PrintHeading

  init(
    _ name: String, worker: Int, encoder: any RecordEncoder, lanes: any BackgroundLanes,
    wake: any Wake, output: PrintOutput, heading: PrintHeading
  ) {
    self.name = name
    self.worker = worker
    self.encoder = encoder
    self.lanes = lanes
    self.wake = wake
    self.output = output
    self.heading = heading
  }

  var hasRoom: Bool {
    shared.state.withLock { $0.failure != nil || $0.queuedBytes < Self.queueBytes }
  }

  func write(_ batch: Batch) throws(ConnectorError) -> [RowFailure] {
    try check()
    records.removeAll()
    encoder.encode(batch, into: records)
    var lines: [UInt8] = []
    for record in records.records {
      if let bytes = records.bytes(record.value) { lines.append(contentsOf: bytes) }
      lines.append(0x0A)
    }
    submit(lines, nil)
    return records.failures.map { RowFailure($0) }
  }

  func prepare(_ epoch: Epoch) throws(ConnectorError) {
    try check()
    submit([], epoch)
  }

  func prepared(_ epoch: Epoch) throws(ConnectorError) -> PendingOutput? {
    try check()
    guard shared.state.withLock({ $0.prepared.remove(epoch) }) != nil else { return nil }
    return PendingOutput(sink: name, worker: worker, epoch: epoch)
  }

  private func submit(_ lines: [UInt8], _ epoch: Epoch?) {
    shared.state.withLock { $0.queuedBytes += lines.count }
    let (shared, wake, output, name, heading) = (shared, wake, output, name, heading)
    let words = encoder.heading
    lanes.submit(LaneName("print")) {
      let failure = output.print(heading.leading(lines, words))
      shared.state.withLock { state in
        state.queuedBytes -= lines.count
        if let epoch { state.prepared.insert(epoch) }
        if failure != 0, state.failure == nil {
          state.failure = ConnectorError(
            .fatal, "sink `\(name)`: standard output: \(String(cString: strerror(failure)))")
        }
      }
      wake.wake()
    }
  }

  private func check() throws(ConnectorError) {
    if let failure = shared.state.withLock({ $0.failure }) { throw failure }
  }
}
