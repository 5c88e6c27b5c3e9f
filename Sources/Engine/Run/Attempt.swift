import Checkpoints
import Connectors
import Dataflow
import KeyedState
import Schemas

/// What is alive during an attempt to run.
struct Attempt: Sendable {
  var incarnation: Incarnation
  var lineage: String
  var sources: [OperatorID: any Source]
  var sinks: [OperatorID: any Sink]
  /// By the name that pending output carries.
  var sinksByName: [String: any Sink]
  var turns: TransactionTurns?
  var operators: any OperatorMaker
  var declared: [OperatorID: [StateDeclaration]]
  var restored: RestoredCheckpoint
  /// Behind which checkpoint journals count; nil: none does.
  var journalBase: CheckpointID?
  /// The newest checkpoint that counts.
  var committed: Manifest
  /// The next epoch that was never used.
  var next: Epoch
  /// Ends are fixed: no partition is looked for, and the run ends when all are reached.
  var stopsAtEnd: Bool
  /// Sources whose time has ended for good, by name.
  var ended: Set<String>
  /// What answers under the names of models' versions.
  var models: [String: String]

  func close() {
    turns?.destroy()
    for source in sources.values { source.close() }
    for sink in sinks.values { sink.close() }
  }
}
