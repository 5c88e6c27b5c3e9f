import Checkpoints
import Diagnostics
import Plans
import Schemas

/// The names behind `--allow-drop`. One that nothing ever bore is a slip of the command line; one
/// whose state an earlier run has dropped is not: a supervisor repeats its command.
struct DropNames {
  let allowed: Set<OperatorID>
  /// Whose state the checkpoint at hand holds or would lack.
  let owners: Set<OperatorID>
  let plan: PhysicalPlan

  func refuseUnknown(
    _ base: Manifest, _ store: CheckpointStore, _ notify: (String) -> Void
  ) throws {
    let absent = allowed.subtracting(owners).sorted()
    guard !absent.isEmpty else { return }
    let known = owners.union(declared).union(kept(store))
    let states = owners.sorted().map(\.name).joined(separator: ", ")
    for name in absent {
      guard known.contains(name) || store.hasDropped(name) else {
        let meant = nearestWord(to: name.name, among: known.sorted().map(\.name))
        throw RunFailure(
          .final,
          "--allow-drop \(name): neither checkpoint \(base.id) nor the definition has that name"
            + (meant.map { "; did you mean `\($0)`?" } ?? "")
            + ". There is state of: \(states.isEmpty ? "nothing" : states)")
      }
      notify("--allow-drop \(name): checkpoint \(base.id) has no such state, only of \(states)")
    }
  }

  /// At a first start nothing is dropped, and so nothing of it is refused.
  static func warn(
    _ allowed: Set<OperatorID>, of plan: PhysicalPlan, _ store: CheckpointStore,
    _ notify: (String) -> Void
  ) {
    let names = DropNames(allowed: allowed, owners: [], plan: plan)
    let known = names.declared.union(names.kept(store))
    for name in allowed.subtracting(known).sorted() where !store.hasDropped(name) {
      let meant = nearestWord(to: name.name, among: known.sorted().map(\.name))
      notify(
        "--allow-drop \(name): this start takes over no state, and there is nothing of that name"
          + (meant.map { "; did you mean `\($0)`?" } ?? ".")
          + " The definition has: \(names.declared.sorted().map(\.name).joined(separator: ", "))")
    }
  }

  private var declared: Set<OperatorID> {
    Set(plan.operators.map(\.id))
      .union(plan.sources.map { OperatorID($0.spec.name) })
      .union(plan.sinks.map { OperatorID($0.spec.name) })
  }

  /// The names in all checkpoints that are kept. One that can't be read knows none.
  private func kept(_ store: CheckpointStore) -> Set<OperatorID> {
    var names: Set<OperatorID> = []
    for id in (try? store.manifests()) ?? [] {
      guard let manifest = try? store.manifest(id).manifest else { continue }
      names.formUnion(manifest.operators.map(\.id))
      names.formUnion(manifest.partitions.map { OperatorID($0.partition.source) })
      names.formUnion(manifest.outputs.map { OperatorID($0.sink) })
    }
    return names
  }
}
