internal import CRdKafka
internal import Connectors
internal import Schemas

/// Positions that are gone: what is seen of them, and what is done.
extension KafkaReader {
  /// Stops with what was lost, or goes on where `on_gap` says.
  func takeGaps() throws(ConnectorError) {
    let news = gaps.take()
    for place in news.absent { lose(place) }
    for finding in news.findings { try take(finding) }
  }

  /// Fetches nothing of a partition that is away: what comes back under its name may be another.
  private func lose(_ place: ClusterInspection.Partition) {
    let index = partitions.firstIndex {
      $0.id.number == place.number && $0.id.topic == place.topic
    }
    guard let index, !partitions[index].isAbsent, !partitions[index].hasEnded else { return }
    let state = partitions[index]
    unassign(state)
    // Only the news that it has no more was missing.
    if let end = state.end, state.next >= end { return reportEnd(of: index) }
    state.isAbsent = true
    state.isInGap = true
    absence.wait(for: index, place, isBounded: state.end != nil, source, gaps)
  }

  private func take(_ finding: GapFindings.Finding) throws(ConnectorError) {
    let state = partitions[finding.partition]
    // One that was asked for before the partition went away says nothing.
    guard finding.wasAbsent == state.isAbsent, !state.hasEnded else { return }
    guard let found = try finding.range.get() else { return try giveUp(finding.partition) }
    state.isAbsent = false
    let range = Self.readable(found, of: state)
    state.proof = Self.proof(state, range, wasAbsent: finding.wasAbsent)
    if state.replaced == .no, range.lowerBound <= state.next, state.next <= range.upperBound {
      // It was out of reach only for a while, as behind a change of the leader.
      if finding.wasAbsent, range.lowerBound == 0 { tellUnproven(state) }
      return try again(state)
    }
    try skip(finding.partition, range)
  }

  /// Goes on elsewhere, where `on_gap` says so.
  private func skip(_ index: Int, _ range: Range<Int64>) throws(ConnectorError) {
    let state = partitions[index]
    let account = Self.account(state, range)
    switch source.options.onGap {
    case .fail:
      // `--fresh` alone begins there again.
      let other =
        state.next > range.upperBound ? " (and another `start:`, if that says so)" : ""
      throw ConnectorError(
        .gap,
        "\(source.place): \(account). Write `on_gap: earliest` or `on_gap: latest` to go on with"
          + " what there is, or begin anew with `--fresh`\(other)")
    case .earliest: state.next = range.lowerBound
    case .latest: state.next = range.upperBound
    }
    state.endSeen = 0
    state.mark = nil
    state.proof = .none
    state.replaced = .no
    source.environment.notify("\(source.place): \(account); going on at \(state.next)")
    if let end = state.end, state.next >= end {
      state.isInGap = false
      reportEnd(of: index)
    } else {
      try again(state)
    }
  }

  /// Nobody makes the topic anew, and its end was to be reached.
  private func giveUp(_ index: Int) throws(ConnectorError) {
    let state = partitions[index]
    let account =
      "topic `\(state.id.topic)` [\(state.id.number)] is gone: offset \(state.next) was to be read"
      + " next, up to the end at \(state.end ?? state.next)"
    guard source.options.onGap != .fail else {
      throw ConnectorError(
        .gap,
        "\(source.place): \(account). Write `on_gap: earliest` or `on_gap: latest` and make the"
          + " topic anew to go on with what it holds then, or begin anew with `--fresh`")
    }
    source.environment.notify("\(source.place): \(account); ended without these records")
    state.isAbsent = false
    state.isInGap = false
    reportEnd(of: index)
  }

  /// Nothing was read of it by which it could be known again. The library may lose and find it
  /// several times in a row: that is told once.
  private func tellUnproven(_ state: ReaderPartition) {
    guard state.proof == .none, state.next > 0, state.unprovenAt != state.next else { return }
    state.unprovenAt = state.next
    source.environment.notify(
      "\(source.place): topic `\(state.id.topic)` [\(state.id.number)] is read on at offset"
        + " \(state.next), but may have been deleted and made anew: no record is known to tell it"
        + " by")
  }

  /// What there is to read: not what came behind the fixed end.
  private static func readable(_ range: Range<Int64>, of state: ReaderPartition) -> Range<Int64> {
    let last = max(range.lowerBound, min(range.upperBound, state.end ?? .max))
    return range.lowerBound..<last
  }

  /// A topic that begins behind 0 is old: whoever comes anew begins there.
  private static func proof(
    _ state: ReaderPartition, _ range: Range<Int64>, wasAbsent: Bool
  ) -> ReaderPartition.Proof {
    guard let mark = state.mark, range.contains(mark.offset) else { return .none }
    return wasAbsent && range.lowerBound == 0 ? .needed : .wanted
  }

  /// Reads on at the partition's position.
  private func again(_ state: ReaderPartition) throws(ConnectorError) {
    unassign(state)
    state.isInGap = false
    try assign(state)
    // What came while it is held would be dropped, and an end behind that be taken for its own.
    if state.isHeld { pause(state) }
  }

  /// Stops the partition for good, so that it can be assigned anew.
  ///
  /// Stopping cuts the partition's queue from ours, in librdkafka's own time. Its calls are worked
  /// off in order, so after a pause has been answered the stop has happened too.
  private func unassign(_ state: ReaderPartition) {
    let list = PartitionList()
    list.add(state.id.topic, state.id.number)
    if let error = rd_kafka_incremental_unassign(source.client.handle, list.handle) {
      rd_kafka_error_destroy(error)
    }
    rd_kafka_pause_partitions(source.client.handle, list.handle)
    rd_kafka_resume_partitions(source.client.handle, list.handle)
    if let queue = state.queue { rd_kafka_queue_destroy(queue) }
    state.queue = nil
    // The library may make another topic where this one was.
    state.topic = nil
  }

  private static func account(_ state: ReaderPartition, _ range: Range<Int64>) -> String {
    let place = "topic `\(state.id.topic)` [\(state.id.number)]: offset \(state.next)"
    if state.next < range.lowerBound {
      let lost = range.lowerBound - state.next
      return "\(place) no longer exists; the first available is \(range.lowerBound), so"
        + " \(lost) \(lost == 1 ? "record is" : "records are") lost"
    }
    if state.next > range.upperBound {
      return "\(place) does not exist; the broker has \(range.lowerBound) up to"
        + " \(range.upperBound) (was the topic made anew, or is `start:` beyond its end?), so"
        + " \(state.next - range.upperBound) records before it are not there"
    }
    let has = "what the broker has, \(range.lowerBound) up to \(range.upperBound)"
    if state.replaced == .perhaps {
      return "\(place) was to be read next, but the topic was gone for a while and may have been"
        + " deleted and made anew: the record before is not in \(has). Or it was compacted away,"
        + " and these are the same records"
    }
    return "\(place) was to be read next, but the topic was deleted and made anew: \(has), are"
      + " other records"
  }
}

/// Whether a topic is still the one that was read.
extension KafkaReader {
  /// By the first record that came from the mark on.
  func isProven(_ index: Int, by message: UnsafeMutablePointer<rd_kafka_message_t>) -> Bool {
    let state = partitions[index]
    guard let mark = state.mark else { return true }
    if message.pointee.offset == mark.offset {
      return settle(index, mark.matches(message) ? .no : .yes)
    }
    return settle(index, state.proof == .wanted ? .no : .perhaps)
  }

  /// By an end that was reached without any record. Behind the position there was one.
  func isProven(_ index: Int, at end: Int64) -> Bool {
    let state = partitions[index]
    if end < state.next { return settle(index, .yes) }
    return settle(index, state.proof == .wanted ? .no : .perhaps)
  }

  private func settle(_ index: Int, _ replaced: ReaderPartition.Replaced) -> Bool {
    let state = partitions[index]
    state.proof = .none
    guard replaced != .no else { return true }
    state.replaced = replaced
    state.isInGap = true
    GapSearch.begin(partition: index, state.id, source, gaps)
    return false
  }
}
