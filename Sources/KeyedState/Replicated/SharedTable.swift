import Synchronization

/// A table that may be read anew while rows are looked up in it: whoever looks takes the one that
/// is current, and keeps it until there is another.
package final class SharedTable: Sendable {
  private let stored: Mutex<ReplicatedTable>
  private let replaced = Atomic<Int>(0)

  package init(_ table: ReplicatedTable) { stored = Mutex(table) }

  package var current: ReplicatedTable { stored.withLock { $0 } }
  /// How often it was replaced. Cheap: to be asked for each batch.
  package var version: Int { replaced.load(ordering: .acquiring) }

  package func replace(with table: ReplicatedTable) {
    stored.withLock { $0 = table }
    replaced.add(1, ordering: .releasing)
  }
}
