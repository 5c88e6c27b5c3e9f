import Columns
import Connectors
import Glibc
import Yardsticks

/// The C++ loops of `Yardsticks`, a state and a thread for each worker.
final class Yardstick: @unchecked Sendable {
  private let ads: [UInt8]
  private let campaigns: [UInt32]
  private var states: [OpaquePointer?] = []

  /// `ads`: 36 bytes each; `campaigns[i]` is the campaign of ad *i*.
  init(ads: [UInt8], campaigns: [UInt32]) {
    self.ads = ads
    self.campaigns = campaigns
  }

  /// The table of the generator, from its `ads.csv`.
  convenience init(table: [UInt8], adsPerCampaign: Int) {
    let rows = table.split(separator: UInt8(ascii: "\n")).dropFirst()
    self.init(
      ads: rows.flatMap { $0.prefix(36) },
      campaigns: rows.indices.map { UInt32(($0 - rows.startIndex) / adsPerCampaign) })
  }

  deinit { states.forEach { yardstick_free($0) } }

  /// What was counted at the last `run`.
  var views: Int64 {
    states.reduce(0) { sum, state in
      var groups: UInt64 = 0
      var views: UInt64 = 0
      yardstick_totals(state, &groups, &views)
      return sum + Int64(views)
    }
  }

  func run(_ feed: ColumnFeed) {
    onThreads(feed.partitions) { [self] worker in
      let times = UnsafeMutablePointer<Int64>.allocate(capacity: Batch.rowLimit)
      defer { times.deallocate() }
      for number in 0..<feed.batches {
        ColumnFeed.fill(times, number)
        step(states[worker], feed, number % feed.columns.batchCount, times)
      }
    }
  }

  func run(files: [String]) {
    onThreads(files.count) { [self] worker in
      let state = states[worker]
      try? Files.chunks(of: files[worker], size: 1 << 20) { bytes, count in
        var used = count
        while used > 0, bytes[used - 1] != UInt8(ascii: "\n") { used -= 1 }
        bytes.withMemoryRebound(to: CChar.self, capacity: count) {
          _ = yardstick_json(state, $0, used)
        }
        return used
      }
    }
  }

  private func step(
    _ state: OpaquePointer?, _ feed: ColumnFeed, _ place: Int, _ times: UnsafePointer<Int64>
  ) {
    let columns = feed.columns
    if feed.usesCodes {
      yardstick_codes(
        state, Batch.rowLimit, columns.typeCodes[place].codes, 0, columns.adCodes[place].codes,
        campaigns, times)
    } else {
      let (types, ids) = (columns.types[place], columns.adIDs[place])
      yardstick_text(
        state, Batch.rowLimit, types.offsets, types.bytes, ids.offsets, ids.bytes, times)
    }
  }

  private func onThreads(_ count: Int, _ work: @escaping @Sendable (Int) -> Void) {
    states.forEach { yardstick_free($0) }
    states = (0..<count).map { _ in yardstick_new(ads, campaigns, campaigns.count) }
    let threads = (0..<count).map { worker in LoopThread { work(worker) } }
    for thread in threads { thread.join() }
  }
}

/// A thread that runs one closure.
private final class LoopThread {
  private final class Box {
    let work: @Sendable () -> Void
    init(_ work: @escaping @Sendable () -> Void) { self.work = work }
  }

  private var thread = pthread_t()

  init(_ work: @escaping @Sendable () -> Void) {
    let box = Unmanaged.passRetained(Box(work)).toOpaque()
    pthread_create(
      &thread, nil,
      { opaque in
        if let opaque { Unmanaged<Box>.fromOpaque(opaque).takeRetainedValue().work() }
        return nil
      }, box)
  }

  func join() { pthread_join(thread, nil) }
}
