import Checkpoints
import KeyedState
import Plans
import Schemas

/// How sources bring rows: each record a row, the newest rows of keys, or changes with the row
/// before.
///
/// A source that was read in one way up to a position can't be read on in another: rows that it
/// gave would never be taken back, or rows be taken back that it never gave. So a checkpoint says
/// it of each source that brings changes, as a state without rows.
struct SourceModes {
  private static let stateName = "changes"

  let plan: PhysicalPlan

  /// Of the sources that bring changes.
  var declared: [OperatorID: [StateDeclaration]] {
    var declared: [OperatorID: [StateDeclaration]] = [:]
    for (id, spec) in plan.sources {
      guard let updates = spec.updates else { continue }
      let mode = StateDeclaration(
        name: Self.stateName, kind: .single, schema: Schema([]), keyColumns: 0,
        parameters: Self.text(updates))
      declared[id] = [mode]
    }
    return declared
  }

  /// A form may be another where the key is the same: both bring the newest rows of keys.
  private static func text(_ updates: SourceUpdates) -> String {
    guard updates.keepsRows else { return "changes, each with the row before" }
    return "the newest rows by \(updates.key.joined(separator: ", "))"
  }

  /// The states of operators alone.
  static func withoutModes(_ stored: [OperatorStates]) -> [OperatorStates] {
    stored.filter { mode(of: $0) == nil }
  }

  /// With the modes of this plan's sources: of new ones positions are written down before the
  /// operators have any state.
  func added(to stored: [OperatorStates]) -> [OperatorStates] {
    let modes = declared.map { OperatorStates(id: $0.key, states: $0.value) }
    return (Self.withoutModes(stored) + modes).sorted { $0.id < $1.id }
  }

  private static func mode(of entry: OperatorStates) -> String? {
    guard entry.states.count == 1, let state = entry.states.first, state.name == stateName,
      state.schema.count == 0
    else { return nil }
    return state.parameters
  }

  /// Throws where a source that the checkpoint has a position of brings rows in another way now.
  func refuseOthers(_ base: Manifest) throws {
    let known = Set(base.partitions.map(\.partition.source))
    for (id, spec) in plan.sources where known.contains(spec.name) {
      let before = base.operators.first { $0.id == id }.flatMap { Self.mode(of: $0) }
      let now = spec.updates.map { Self.text($0) }
      if before == now { continue }
      // Checkpoints of before do not say it; the key stands in the state of what keeps the rows.
      let keepsRows = base.operators.contains { $0.id.name == "\(spec.name).rows" }
      if before == nil, keepsRows, spec.updates?.keepsRows ?? false { continue }
      throw RunFailure(
        .final,
        "source `\(spec.name)` brought \(before ?? Self.plain) up to checkpoint \(base.id), and"
          + " the definition says \(now ?? Self.plain): what it gave so far would stay as it is."
          + " Undo the change; or begin anew with `--fresh`; or give the source another name, and"
          + " it is read from its start: `--allow-drop \(spec.name)` then lets go of how far the"
          + " old one was read")
    }
  }

  private static let plain = "each record as a row of its own"
}
