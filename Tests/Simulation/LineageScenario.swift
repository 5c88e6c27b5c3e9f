import Checkpoints
package import Connectors
import Dataflow
import Engine
import Platform
package import Schemas

/// One seeded history of a pipeline whose user changes his mind: plain runs and runs to the end,
/// stops, `--from` and `--fresh`, rows that come in between, deaths, and transactions that the
/// broker ends for their age. Everything follows from the seed.
package struct LineageScenario {
  private let pipeline: SimulatedPipeline
  private var generator: SeededGenerator
  private let watch: LineageWatch
  private var isOver = false

  package init(seed: UInt64) {
    var generator = SeededGenerator(seed: seed ^ 0x11EA6E)
    let rows = (0..<Int.random(in: 1...4, using: &generator)).map { partition in
      Self.rows(Int.random(in: 0...200, using: &generator), of: partition, from: 0, &generator)
    }
    pipeline = SimulatedPipeline(
      seed: seed, commit: .transaction, plan: .counts, rows: rows,
      interval: Int64.random(in: 500...10_000, using: &generator),
      weather: SimulatedWorld.Weather(
        longestStep: Int64.random(in: 10...200, using: &generator),
        longestJobDelay: Int64.random(in: 0...20_000, using: &generator)))
    self.generator = generator
    watch = LineageWatch(pipeline)
  }

  /// `from`: how many the partition has already.
  private static func rows(
    _ count: Int, of partition: Int, from: Int, _ generator: inout SeededGenerator
  ) -> [SimulatedRow] {
    (0..<count).map {
      SimulatedRow(
        key: "k\(Int.random(in: 0..<5, using: &generator))", time: Int64($0 * 100),
        id: Int64(partition * 1_000 + from + $0))
    }
  }

  /// Runs it and returns what was wrong.
  package mutating func run() -> [String] {
    let watch = watch
    pipeline.broker.committed = { watch.look(at: $0) }
    for _ in 0..<Int.random(in: 1...5, using: &generator) { live() }
    var wrong = finish()
    wrong += watch.wrong
    wrong += pipeline.broker.violations
    wrong += pipeline.sums.wrong
    wrong += Oracle.manifestsAreWhole(pipeline.disk) + Oracle.partsHaveWorkers(pipeline.disk)
    return wrong
  }

  private mutating func options(stopsAtEnd: Bool) -> RunOptions {
    let workers = Int.random(in: 1...3, using: &generator)
    var request = RecoveryChoice.Request.resume
    let epochs = Oracle.epochs(on: pipeline.disk)
    switch Int.random(in: 0..<10, using: &generator) {
    case 0: request = .fresh
    case 1..<4:
      // What never counted is no place to go on from: its output is not there.
      let counted = epochs.filter { watch.hasCommitted($0) }
      if let epoch = counted.randomElement(using: &generator) { request = .from(epoch) }
    default: break
    }
    return RunOptions(
      workers: workers, request: request, stopsAtEnd: stopsAtEnd,
      configuration: JobConfiguration(
        workers: workers, ringCapacity: Int.random(in: 1...4, using: &generator),
        batchRows: Int.random(in: 1...16, using: &generator)))
  }

  /// A run that dies, stops or finishes; before it, sometimes, more rows.
  private mutating func live() {
    if !isOver, Bool.random(using: &generator) {
      for partition in pipeline.rows.indices {
        pipeline.rows[partition] += Self.rows(
          Int.random(in: 0...60, using: &generator), of: partition,
          from: pipeline.rows[partition].count, &generator)
      }
    }
    pipeline.broker.transactionTimeout =
      Bool.random(using: &generator) ? nil : Int64.random(in: 100_000...600_000, using: &generator)
    let options = options(stopsAtEnd: Bool.random(using: &generator))
    if options.request != .resume { isOver = false }
    let process = pipeline.makeProcess()
    let fate = Int.random(in: 0..<4, using: &generator)
    let step = Int.random(in: 1...80, using: &generator)
    if fate < 2 { process.fate = .dies(at: step, afterDeed: fate == 0) }
    if fate == 2 {
      let (clock, sleep) = (
        pipeline.world.clock, Int64.random(in: 0...1_000_000, using: &generator)
      )
      process.fate = .freezes(at: step) { clock.advance(by: sleep) }
    }
    let run = pipeline.start(process, options)
    _ = pipeline.world.run(limit: Int.random(in: 500...20_000, using: &generator)) {
      process.executor.hasCrashed || run.outcome != nil
    }
    if Bool.random(using: &generator), run.outcome == nil {
      run.requestStop()
      _ = pipeline.world.run(limit: 60_000) {
        process.executor.hasCrashed || run.outcome != nil
      }
    }
    process.die()
    if case .finished = run.outcome { isOver = true }
    if case .wasFinished = run.outcome { isOver = true }
    // A finish that nobody was told of counts too.
    isOver = isOver || watch.hasFinished
    if Bool.random(using: &generator) { pipeline.disk.crash() }
  }

  private mutating func finish() -> [String] {
    pipeline.broker.transactionTimeout = nil
    var options = options(stopsAtEnd: true)
    options.request = .resume
    let run = pipeline.start(pipeline.makeProcess(), options)
    let outcome = pipeline.world.run(limit: 400_000) { run.outcome != nil }
    switch run.outcome {
    case .finished, .wasFinished: return []
    case .none: return ["it did not finish: \(outcome) \(run.status().lastFailure ?? "")"]
    case .stopped: return ["it stopped without being told"]
    case .failed(let failure): return ["it failed: \(failure.message)"]
    }
  }
}

extension Oracle {
  /// Of all checkpoints on the disk.
  package static func epochs(on disk: Disk) -> [Epoch] {
    disk.paths.filter { $0.hasSuffix(".manifest") }.compactMap { path in
      disk.bytes(path).flatMap { try? Manifest(decoding: $0, file: path) }?.id.epoch
    }
  }
}

/// Follows the committed counts through lineages: each goes on exactly where the checkpoint it
/// began from had left them, and every checkpoint has counted exactly the rows before its positions.
package final class LineageWatch {
  private let pipeline: SimulatedPipeline
  private var lineage: String?
  private var counts: [String: Int] = [:]
  /// What had been counted when an epoch counted.
  private var history: [Epoch: [String: Int]] = [:]
  private var seen = 0
  package private(set) var hasFinished = false
  package private(set) var wrong: [String] = []

  package init(_ pipeline: SimulatedPipeline) { self.pipeline = pipeline }

  package func hasCommitted(_ epoch: Epoch) -> Bool { history[epoch] != nil }

  package func look(at marker: CommitMarker) {
    guard let manifest = manifest(of: marker) else {
      wrong.append("checkpoint \(marker.epoch) counts, and its manifest is gone")
      return
    }
    if marker.lineage != lineage {
      counts = manifest.predecessor.flatMap { history[$0.epoch] } ?? [:]
      lineage = marker.lineage
    }
    let all = pipeline.output
    for line in all.dropFirst(seen) {
      let parts = line.split(separator: ":")
      guard parts.count == 2, let count = Int(parts[1]) else { continue }
      let key = String(parts[0])
      let before = counts[key] ?? 0
      if count != before + 1 {
        wrong.append("\(key): \(count) follows \(before) at checkpoint \(marker.epoch)")
      }
      counts[key] = count
    }
    seen = all.count
    history[marker.epoch] = counts
    hasFinished = manifest.isFinished
    var totals: [String: Int] = [:]
    for partition in manifest.partitions {
      let rows = pipeline.rows[Int(partition.partition.number)]
      for row in rows.prefix(Int(partition.position.offset)) { totals[row.key, default: 0] += 1 }
    }
    if totals != counts {
      wrong.append("checkpoint \(marker.epoch) has read \(totals) and counted \(counts)")
    }
  }

  private func manifest(of marker: CommitMarker) -> Manifest? {
    for path in pipeline.disk.paths where path.hasSuffix(".manifest") {
      guard let bytes = pipeline.disk.bytes(path), Manifest.digest(of: bytes) == marker.digest
      else {
        continue
      }
      return try? Manifest(decoding: bytes, file: path)
    }
    return nil
  }
}
