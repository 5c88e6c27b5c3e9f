package import Columns
package import Schemas

/// To whom a state belongs, and so what happens to it when a pipeline is restored with another
/// number of workers.
package enum StateKind: String, Sendable, Codable {
  /// By key: follows its key group.
  case keyed
  /// By source partition: follows the partition.
  case partition
  /// One for the operator: lives on worker 0.
  case single
  /// The same on all workers: written by worker 0, read by all.
  case replicated
  /// Work in flight: split round-robin over the workers.
  case list
}

/// A named, typed, versioned state of an operator, as the manifest records it.
package struct StateDeclaration: Hashable, Sendable, Codable {
  package var name: String
  package var kind: StateKind
  /// Columns of a block: for keyed state the key columns first, then the value's.
  package var schema: Schema
  /// How many leading columns are the key; 0 where there is none.
  package var keyColumns: Int
  package var version: Int
  /// What gives the state its meaning besides its columns (the window's size). A different text at
  /// restore is a changed state.
  package var parameters: String

  package init(
    name: String, kind: StateKind, schema: Schema, keyColumns: Int, version: Int = 1,
    parameters: String = ""
  ) {
    self.name = name
    self.kind = kind
    self.schema = schema
    self.keyColumns = keyColumns
    self.version = version
    self.parameters = parameters
  }
}

/// Which share of a state a block belongs to.
package enum StateScope: Hashable, Sendable, Codable {
  case keyGroup(KeyGroup)
  case partition(PartitionID)
  case whole
}

/// Rows of one state, the unit that checkpoints write and read.
///
/// In a keyed state a row replaces an earlier row of the same key; one whose hidden row kind is
/// `delete` removes it. So a delta is blocks like any other, replayed behind its base.
package struct StateBlock: Sendable {
  package var state: String
  package var scope: StateScope
  package var rows: Batch

  package init(state: String, scope: StateScope, rows: Batch) {
    self.state = state
    self.scope = scope
    self.rows = rows
  }
}

/// The state of one operator on one worker at a barrier, immutable from the moment it was made.
package protocol StateSnapshot: AnyObject, Sendable {
  /// Whether it holds only what changed since the snapshot before.
  var isDelta: Bool { get }
  /// Writes all blocks, key group by key group within each state. Called once, on a writer thread,
  /// while the operator goes on.
  func write(to writer: any StateWriter) throws
}

package protocol StateWriter: AnyObject {
  func write(_ block: StateBlock) throws
}

/// The blocks that a worker restores: only its own shares, base before deltas.
package protocol StateReader: AnyObject {
  /// nil at the end.
  func next() throws -> StateBlock?
}
