package import Columns
package import Schemas

/// State that belongs to no key: rows of each source partition, of the operator as a whole, or work
/// in flight.
///
/// Batches are immutable, so a snapshot shares them. It is small, and always written whole.
package final class ScopedState {
  package let declaration: StateDeclaration
  private var scopes: [StateScope: [Batch]] = [:]

  /// `kind` is `partition`, `single`, `replicated` or `list`.
  package init(_ name: String, _ kind: StateKind, _ schema: Schema, version: Int = 1) {
    declaration = StateDeclaration(
      name: name, kind: kind, schema: schema, keyColumns: 0, version: version)
  }

  package func rows(_ scope: StateScope) -> [Batch] { scopes[scope] ?? [] }

  package var partitions: [PartitionID] {
    scopes.keys.compactMap { if case .partition(let id) = $0 { id } else { nil } }.sorted()
  }

  /// Replaces the rows of a scope; none removes it.
  package func set(_ scope: StateScope, _ rows: [Batch]) {
    scopes[scope] = rows.isEmpty ? nil : rows
  }

  package func append(_ scope: StateScope, _ rows: Batch) {
    scopes[scope, default: []].append(rows)
  }

  /// All rows, in order of their scopes. State of one owner is written by worker 0 alone.
  package func snapshot(worker: Int) -> any StateSnapshot {
    let isShared = declaration.kind == .single || declaration.kind == .replicated
    var blocks: [StateBlock] = []
    for partition in partitions {
      blocks += rows(.partition(partition)).map { block(.partition(partition), $0) }
    }
    if !isShared || worker == 0 { blocks += rows(.whole).map { block(.whole, $0) } }
    return JoinedSnapshot([], blocks: blocks, isDelta: false)
  }

  package func restore(_ block: StateBlock) {
    scopes[block.scope, default: []].append(block.rows.gathered())
  }

  private func block(_ scope: StateScope, _ rows: Batch) -> StateBlock {
    StateBlock(state: declaration.name, scope: scope, rows: rows)
  }
}
