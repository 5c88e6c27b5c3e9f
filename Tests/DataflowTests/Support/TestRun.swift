import Columns
import Connectors
import Foundation
import KeyedState
import Operators
import Plans
import Platform
import Schemas
import Synchronization
import Testing

@testable import Dataflow

/// Events of a job, as they came.
final class EventLog: Sendable {
  private let log = Mutex<[JobEvent]>([])

  func add(_ event: JobEvent) { log.withLock { $0.append(event) } }

  var events: [JobEvent] { log.withLock { $0 } }

  var failures: [JobFailure] {
    events.compactMap { if case .failed(_, let failure) = $0 { failure } else { nil } }
  }

  var finished: Int {
    events.count { if case .finished = $0 { true } else { false } }
  }

  func passed(_ epoch: Epoch) -> Int {
    events.count { if case .passed(epoch, _) = $0 { true } else { false } }
  }
}

/// State as snapshots left it, for a restore with any number of workers.
struct Restored: RestoredState {
  var partitions: [PartitionState]
  var blocks: [OperatorID: [StateBlock]] = [:]

  func reader(
    for id: OperatorID, worker: Int, of workers: Int
  ) throws -> (any StateReader)? {
    guard let all = blocks[id] else { return nil }
    let owned = KeyGroup.owned(by: worker, of: workers)
    let places = Dictionary(
      uniqueKeysWithValues: PartitionAssignment.workers(
        of: partitions.map(\.partition), count: workers
      ).map { ($0.partition, $0.worker) })
    let mine = all.enumerated().filter { index, block in
      switch block.scope {
      case .keyGroup(let group): owned.contains(Int(group.number))
      case .partition(let id): places[id] == worker
      case .whole: block.state.hasPrefix("list") ? index % workers == worker : true
      }
    }
    return Reader(mine.map(\.element))
  }

  private final class Reader: StateReader {
    var blocks: [StateBlock]
    init(_ blocks: [StateBlock]) { self.blocks = blocks }
    func next() throws -> StateBlock? { blocks.isEmpty ? nil : blocks.removeFirst() }
  }
}

final class BlockCollector: StateWriter {
  var blocks: [StateBlock] = []
  func write(_ block: StateBlock) throws { blocks.append(block) }
}

/// The two worlds that every test of the contract runs in.
enum World: CustomTestStringConvertible, Sendable {
  case threads
  case simulated(seed: UInt64)

  static let both: [World] = [.threads, .simulated(seed: 1), .simulated(seed: 2)]

  var testDescription: String {
    switch self {
    case .threads: "threads"
    case .simulated(let seed): "simulated, seed \(seed)"
    }
  }

  var seed: UInt64 { if case .simulated(let seed) = self { seed } else { 0 } }

  /// Seeds of simulated worlds: so many as `RAUDAL_SEEDS` says, up to 2,000. Under the thread
  /// sanitizer they are few, for a simulated world has one thread.
  static func seeds(_ usual: UInt64) -> ClosedRange<UInt64> {
    let wanted = ProcessInfo.processInfo.environment["RAUDAL_SEEDS"].flatMap(UInt64.init)
    return 1...min(max(1, wanted ?? usual), 2_000)
  }
}

/// A job in one of the worlds, and what a test does with it.
final class TestRun {
  struct Knobs {
    var workers = 2
    var ringCapacity = 4
    var batchRows = 16
    var epoch = Epoch(0)
    var stopsAtEnd = true
  }

  let log = EventLog()
  private(set) var job: (any Job)!
  private let simulated: SimulatedWorld?
  private let bell = Bell()

  init(
    _ plan: PhysicalPlan, in world: World, knobs: Knobs = Knobs(),
    sources: [String: any Source], sinks: [String: any Sink],
    operators: [String: TestMaker.Make] = [:], maker: (any OperatorMaker)? = nil,
    restored: (any RestoredState)? = nil, journals: JournalPlace? = nil,
    decoder: JobSetup.Decoder? = nil
  ) throws {
    let executor: any Executor
    switch world {
    case .threads:
      executor = ThreadExecutor()
      simulated = nil
    case .simulated(let seed):
      let made = SimulatedWorld(seed: seed)
      simulated = made
      executor = made.makeProcess()
    }
    let states = sources.values.compactMap { $0 as? MemoryTopic }.flatMap(\.states)
    let decode = DecoderBox(decoder)
    job = try PipelineJob(
      JobSetup(
        plan: plan,
        configuration: JobConfiguration(
          workers: knobs.workers, ringCapacity: knobs.ringCapacity, batchRows: knobs.batchRows),
        executor: executor, sources: Self.keyed(sources), sinks: Self.keyed(sinks),
        operators: maker ?? TestMaker(plan, operators), decoders: { _ in decode.decoder },
        restored: restored ?? Restored(partitions: states), epoch: knobs.epoch,
        journals: journals, stopsAtEnd: knobs.stopsAtEnd,
        events: { [log, bell] event in
          log.add(event)
          bell.ring()
        }))
    job.start()
  }

  /// Runs until the condition holds; records an issue if it never does.
  func run(
    until condition: () -> Bool, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    if let simulated {
      let outcome = simulated.run(limit: 400_000, until: condition)
      if outcome != .reached {
        let sources = job.status().sources
        Issue.record("\(outcome): \(log.failures), \(sources)", sourceLocation: sourceLocation)
      }
    } else if !bell.wait(until: condition) {
      Issue.record("not within 30 s: \(log.failures)", sourceLocation: sourceLocation)
    }
  }

  func runToEnd(workers: Int = 2, sourceLocation: SourceLocation = #_sourceLocation) {
    run(
      until: { log.finished == workers || !log.failures.isEmpty }, sourceLocation: sourceLocation)
  }

  /// Sends a barrier through and returns what a restore from it would be given.
  func checkpoint(
    _ epoch: Epoch, workers: Int = 2, isFinal: Bool = false,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> Restored {
    job.inject(epoch, full: true, isFinal: isFinal)
    run(
      until: { log.passed(epoch) == workers || !log.failures.isEmpty },
      sourceLocation: sourceLocation)
    return try restored(epoch)
  }

  func restored(_ epoch: Epoch) throws -> Restored {
    var result = Restored(partitions: [])
    for event in log.events {
      switch event {
      case .snapshot(epoch, _, let id, let snapshot):
        let collector = BlockCollector()
        try snapshot.write(to: collector)
        result.blocks[id, default: []] += collector.blocks
      case .sources(epoch, _, let states): result.partitions += states
      default: break
      }
    }
    return result
  }

  private static func keyed<Value>(_ values: [String: Value]) -> [OperatorID: Value] {
    Dictionary(uniqueKeysWithValues: values.map { (OperatorID($0.key), $0.value) })
  }

  private struct DecoderBox: @unchecked Sendable {
    let decoder: JobSetup.Decoder
    init(_ decoder: JobSetup.Decoder?) {
      self.decoder =
        decoder ?? { records in
          (Batch(schema: Row.schema, columns: [], rowCount: records.count), [])
        }
    }
  }
}

/// Wakes the test's thread when an event came; looks now and then besides.
private final class Bell: Sendable {
  private let parker = Parker()

  func ring() { parker.wake() }

  func wait(until condition: () -> Bool) -> Bool {
    let clock = SystemClock()
    let start = clock.monotonic()
    while !condition() {
      if clock.monotonic() &- start > 30_000_000_000 { return condition() }
      parker.wait(nanoseconds: 2_000_000)
    }
    return true
  }
}
