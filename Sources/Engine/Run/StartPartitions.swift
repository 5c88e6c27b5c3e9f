import Checkpoints
import Connectors
import Dataflow
import Plans
import Schemas

/// Where an attempt begins to read: partitions of the checkpoint where they stood, others from
/// their beginning; at a first start all from their `start:`.
struct StartPartitions {
  private var known: [PartitionID: PartitionState] = [:]
  private var reopened = false
  private(set) var states: [PartitionState] = []
  /// Ends were fixed that the checkpoint does not know.
  private(set) var hasNewEnds = false
  /// No partition is looked for, and the run ends when all have ended.
  private(set) var stopsAtEnd: Bool
  /// Sources whose time has ended for good, by name: what they have got since is not read.
  private(set) var ended: Set<String>

  /// Whether the definition has sources that the checkpoint does not know.
  static func hasNewSources(_ plan: PhysicalPlan, _ base: Manifest?) -> Bool {
    guard let base else { return false }
    return !plan.sources.allSatisfy { base.knows($0.spec.name) }
  }

  /// - Parameters:
  ///   - wasFinished: whether the checkpoint is the last of a run that has finished.
  ///   - stopsAtEnd: whether this run ends at ends that are fixed now. Ends that an earlier run has
  ///     fixed hold only for a run that does.
  init(
    _ plan: PhysicalPlan, _ sources: [OperatorID: any Source], _ base: Manifest?,
    wasFinished: Bool, stopsAtEnd: Bool, notify: (String) -> Void
  ) throws(ConnectorError) {
    let names = Set(plan.sources.map(\.spec.name))
    let stored = (base?.partitions ?? []).filter { names.contains($0.partition.source) }
    // Everything was emitted up to the end of time, and at most the last checkpoint is missing.
    let isOver = wasFinished || !stored.isEmpty && stored.allSatisfy(\.isEnded)
    let hasNew = isOver && Self.hasNewSources(plan, base)
    let steering =
      isOver && !wasFinished ? plan.steeringSources.filter { base?.knows($0) ?? false } : []
    let goesOn = hasNew || !steering.isEmpty
    ended = (base?.ended ?? []).intersection(names)
    if goesOn { ended = names.filter { base?.knows($0) ?? false }.subtracting(steering) }
    self.stopsAtEnd = stopsAtEnd || isOver && !goesOn
    for entry in stored {
      known[entry.partition] = PartitionState(entry)
      if ended.contains(entry.partition.source) { known[entry.partition]?.isEnded = true }
      if steering.contains(entry.partition.source) { known[entry.partition]?.goOn() }
    }
    for (id, spec) in plan.sources where !ended.contains(spec.name) {
      guard let source = sources[id] else { continue }
      let own = stored.filter { $0.partition.source == spec.name }
      try join(spec.name, source, own, base, notify: notify)
    }
    if hasNew {
      let others = names.filter { !(base?.knows($0) ?? false) }
      let new = others.sorted().map { "`\($0)`" }.joined(separator: ", ")
      notify(
        "the run before has read its sources to their ends, and they stay there; this one reads"
          + " \(new); for windows and `dedupe` that the run before had, time is over and all its"
          + " rows are late, so let it lead to stages of its own, or begin anew with --fresh")
    }
    if reopened {
      notify(
        "the run before was to end where its sources ended then (--stop-at-end); this one reads on")
    }
    states = known.values.sorted { $0.partition < $1.partition }
  }

  private mutating func join(
    _ name: String, _ source: any Source, _ stored: [StoredPartition], _ base: Manifest?,
    notify: (String) -> Void
  ) throws(ConnectorError) {
    let found = try source.partitions(fixEnds: stopsAtEnd)
    let present = Set(found.map(\.id))
    for entry in stored {
      guard !present.contains(entry.partition), source.isSpent(entry.partition, at: entry.position)
      else { continue }
      known[entry.partition] = nil
      notify("\(entry.partition) is gone; it was read to its end and is let go")
    }
    for partition in found {
      let before = known[partition.id]
      var state = before ?? PartitionState(partition, base, of: name)
      if stopsAtEnd {
        state.end = state.end ?? partition.end
        hasNewEnds = hasNewEnds || base != nil && state.end != nil && before?.end == nil
      } else {
        reopened = state.forgetEnd(for: partition.end) || reopened
      }
      known[partition.id] = state
    }
  }
}

extension Manifest {
  /// Whether a source was read, or would have been, when this checkpoint was made.
  fileprivate func knows(_ source: String) -> Bool {
    ended.contains(source) || partitions.contains { $0.partition.source == source }
  }
}

extension PartitionState {
  /// One that the checkpoint does not know joins where the others of its source stood.
  fileprivate init(_ partition: SourcePartition, _ base: Manifest?, of source: String) {
    self.init(
      partition: partition.id, position: base == nil ? partition.start : partition.beginning,
      end: partition.end, watermark: base?.joiningWatermark(of: source) ?? .beginning)
  }

  /// Takes the end that the partition has by itself for one that an earlier run has fixed. Whether
  /// it is to be read on because of that.
  fileprivate mutating func forgetEnd(for own: Position?) -> Bool {
    guard own == nil else {
      end = own
      return false
    }
    let hadEnd = end != nil
    goOn()
    return hadEnd
  }

  /// It has no end any more.
  fileprivate mutating func goOn() {
    end = nil
    isEnded = false
    // An old checkpoint does not hold how far an ended partition had come.
    if watermark == .endOfTime { watermark = .beginning }
  }
}
