import Checkpoints
import Connectors
import Dataflow
import Plans
import Schemas

/// Where an attempt begins to read: partitions of the checkpoint where they stood, others from
/// their beginning; at a first start all from their `start:`.
struct StartPartitions {
  private(set) var states: [PartitionState] = []
  /// Ends were fixed that the checkpoint does not know.
  private(set) var hasNewEnds = false
  /// No partition is looked for, and the run ends when all have ended.
  private(set) var stopsAtEnd: Bool

  /// - Parameter stopsAtEnd: whether this run ends at ends that are fixed now. Ends that an earlier
  ///   run has fixed hold only for a run that does.
  init(
    _ plan: PhysicalPlan, _ sources: [OperatorID: any Source], _ base: Manifest?,
    stopsAtEnd: Bool, notify: (String) -> Void
  ) throws(ConnectorError) {
    let names = Set(plan.sources.map(\.spec.name))
    let stored = (base?.partitions ?? []).filter { names.contains($0.partition.source) }
    // Everything was emitted up to the end of time, and only the last checkpoint is missing.
    let isOver = !stored.isEmpty && stored.allSatisfy(\.isEnded)
    self.stopsAtEnd = stopsAtEnd || isOver
    var known: [PartitionID: PartitionState] = [:]
    for entry in stored { known[entry.partition] = PartitionState(entry) }
    var reopened = false
    for (id, spec) in plan.sources {
      guard let source = sources[id] else { continue }
      let found = try source.partitions(fixEnds: self.stopsAtEnd)
      let present = Set(found.map(\.id))
      for entry in stored where entry.partition.source == spec.name {
        guard !present.contains(entry.partition),
          source.isSpent(entry.partition, at: entry.position)
        else { continue }
        known[entry.partition] = nil
        notify("\(entry.partition) is gone; it was read to its end and is let go")
      }
      for partition in found {
        let before = known[partition.id]
        var state = before ?? PartitionState(partition, base, of: spec.name)
        if self.stopsAtEnd {
          state.end = state.end ?? partition.end
          hasNewEnds = hasNewEnds || base != nil && state.end != nil && before?.end == nil
        } else {
          reopened = state.forgetEnd(for: partition.end) || reopened
        }
        known[partition.id] = state
      }
    }
    if reopened {
      notify(
        "the run before was to end where its sources ended then (--stop-at-end); this one reads on")
    }
    states = known.values.sorted { $0.partition < $1.partition }
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
    end = nil
    isEnded = false
    // An old checkpoint does not hold how far an ended partition had come.
    if watermark == .endOfTime { watermark = .beginning }
    return hadEnd
  }
}
