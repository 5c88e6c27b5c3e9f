package import Platform
package import Schemas

/// A file source: one partition of all files in name order, or with `parallel: true` one each.
package final class FileSource: Source {
  /// How often new files of a parallel, followed glob are looked for: 5 s.
  static let discovery: Int64 = 5_000_000

  private let name: String
  private let options: FileOptions
  private let lanes: any BackgroundLanes
  /// One for all workers: each keeps a thread.
  private let follower: FileFollower

  init(name: String, options: FileOptions, lanes: any BackgroundLanes) {
    self.name = name
    self.options = options
    self.lanes = lanes
    follower = FileFollower(lanes: lanes, lane: LaneName("follow \(name)", .input))
  }

  package func close() { follower.close() }

  package var discoveryInterval: Int64? {
    options.isParallel && options.follows ? Self.discovery : nil
  }

  package var canGoOn: Bool { options.follows }

  /// The end is the end of what the files hold when it is reached: files that don't change have no
  /// other.
  package func partitions(fixEnds: Bool) throws(ConnectorError) -> [SourcePartition] {
    let files = try options.names.matching()
    if files.isEmpty, !options.follows {
      let missing = options.names.path(of: options.names.pattern)
      throw ConnectorError(
        .fatal,
        "\(options.place): there is no file \(LinuxFileStore.absolutePath(missing)); put it"
          + " there, or correct the path")
    }
    let end: Position? =
      fixEnds || !options.follows ? Position(offset: .max, detail: "") : nil
    let topics = options.isParallel ? files : [options.names.pattern]
    return topics.map { topic in
      SourcePartition(
        id: PartitionID(source: name, topic: topic, number: 0),
        start: FilePlace.beginning.position, beginning: FilePlace.beginning.position, end: end)
    }
  }

  /// A file of its own that is gone: it was rotated away.
  package func isSpent(_ partition: PartitionID, at position: Position) -> Bool {
    guard options.isParallel, options.follows,
      let place = try? FilePlace(position, in: options.place)
    else { return false }
    return place.isAtEnd
  }

  package func makeReader(
    worker: Int, wake: any Wake
  ) throws(ConnectorError) -> any SourceReader {
    FileReader(options: options, lanes: lanes, wake: wake, follower: follower)
  }
}

/// One worker's files; each partition has a pump.
final class FileReader: SourceReader {
  private let options: FileOptions
  private let lanes: any BackgroundLanes
  private let wake: any Wake
  private let follower: FileFollower
  private var pumps: [FilePump] = []
  /// Partitions that were added since the last poll, which says how many rows a batch may have.
  private var added: [(PartitionID, FilePlace, ends: Bool)] = []
  private var held: Set<PartitionID> = []
  /// The partition to be asked first at the next poll.
  private var turn = 0

  init(
    options: FileOptions, lanes: any BackgroundLanes, wake: any Wake, follower: FileFollower
  ) {
    self.options = options
    self.lanes = lanes
    self.wake = wake
    self.follower = follower
  }

  func add(_ partition: PartitionID, at position: Position, end: Position?) throws(ConnectorError) {
    let place = try FilePlace(position, in: options.place)
    added.append((partition, place, ends: end != nil))
    wake.wake()
  }

  private func startAdded(limit: Int) {
    for (partition, place, ends) in added {
      let pump = FilePump(
        partition, options, at: place, ends: ends, rowLimit: min(max(limit, 1), FilePump.rowLimit),
        lanes: lanes, follower: follower, wake: wake)
      pumps.append(pump)
      pump.start()
    }
    added = []
  }

  func poll(limit: Int) throws(ConnectorError) -> SourcePoll {
    startAdded(limit: limit)
    for step in pumps.indices {
      let index = (turn + step) % pumps.count
      if held.contains(pumps[index].id) { continue }
      guard let poll = try pumps[index].take() else { continue }
      turn = index + 1
      if case .ended = poll {
        pumps.remove(at: index)
        turn = index
      }
      return poll
    }
    return .nothing
  }

  func hold(_ partition: PartitionID) { held.insert(partition) }

  func release(_ partition: PartitionID) {
    held.remove(partition)
    wake.wake()
  }

  func close() {
    for pump in pumps { pump.close() }
    pumps = []
    added = []
  }
}
