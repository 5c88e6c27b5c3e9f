import KeyedState
package import Schemas

/// What happens to one stored or declared state when a pipeline is restored.
package struct StateDecision: Hashable, Sendable {
  package enum Outcome: Hashable, Sendable {
    case kept
    /// The columns differ in a way that loses nothing.
    case converted
    /// Declared, and not stored: it begins empty.
    case new
    /// Stored, and no longer declared.
    case dropped
    /// Stored and declared, but not the same thing any more: it cannot be taken over.
    case changed(reason: String)
  }

  package var owner: OperatorID
  package var state: String
  package var outcome: Outcome

  package init(owner: OperatorID, state: String, outcome: Outcome) {
    self.owner = owner
    self.state = state
    self.outcome = outcome
  }

  /// Whether state is lost, so that the user must allow it.
  package var losesState: Bool {
    switch outcome {
    case .kept, .converted, .new: false
    case .dropped, .changed: true
    }
  }
}

extension StateDecision {
  /// One decision for each state that is stored or declared, stored ones first.
  package static func all(
    stored: [OperatorStates], declared: [OperatorStates]
  ) -> [StateDecision] {
    var decisions: [StateDecision] = []
    for entry in stored {
      let now = declared.first { $0.id == entry.id }?.states ?? []
      for state in entry.states {
        let same = now.first { $0.name == state.name }
        decisions.append(
          StateDecision(
            owner: entry.id, state: state.name,
            outcome: same.map { outcome(from: state, to: $0) } ?? .dropped))
      }
    }
    for entry in declared {
      let before = stored.first { $0.id == entry.id }?.states ?? []
      for state in entry.states where !before.contains(where: { $0.name == state.name }) {
        decisions.append(StateDecision(owner: entry.id, state: state.name, outcome: .new))
      }
    }
    return decisions
  }

  /// Throws if state would be lost of an operator that is not in `allowed`, naming all of them.
  package static func refuseLoss(
    _ decisions: [StateDecision], allowed: Set<OperatorID>, checkpoint: CheckpointID
  ) throws(CheckpointError) {
    let lost = decisions.filter { $0.losesState && !allowed.contains($0.owner) }
    guard !lost.isEmpty else { return }
    let lines = lost.map { decision in
      let why =
        if case .changed(let reason) = decision.outcome { reason } else {
          "the definition no longer has it"
        }
      return "state `\(decision.state)` of \(decision.owner): \(why)"
    }
    let options = Set(lost.map { "--allow-drop \($0.owner)" }).sorted().joined(separator: " ")
    throw CheckpointError(
      .incompatible,
      "the definition has changed since checkpoint \(checkpoint) in a way that loses state: "
        + lines.joined(separator: "; ") + ". Undo the change, or accept the loss with "
        + "`raudal run … \(options)`")
  }

  private static func outcome(from old: StateDeclaration, to new: StateDeclaration) -> Outcome {
    if old == new { return .kept }
    if old.kind != new.kind {
      return .changed(reason: "it was kept by \(old.kind.rawValue), now by \(new.kind.rawValue)")
    }
    if old.version != new.version {
      return .changed(reason: "its version was \(old.version) and is \(new.version)")
    }
    if old.parameters != new.parameters {
      let (before, now) = (ParameterText.shown(old.parameters), ParameterText.shown(new.parameters))
      return .changed(reason: "it was made with `\(before)`, now with `\(now)`")
    }
    let oldKey = old.schema.fields.prefix(old.keyColumns)
    let newKey = new.schema.fields.prefix(new.keyColumns)
    if oldKey.map(\.type) != newKey.map(\.type) {
      return .changed(reason: "its key has other columns")
    }
    let other = zip(oldKey, newKey).first {
      ($0.isComputed || $1.isComputed) && $0.name != $1.name
    }
    if let (before, now) = other {
      return .changed(reason: "its key was `\(before.name)` and is `\(now.name)`")
    }
    do {
      let conversion = try BlockConversion(from: old, to: new)
      return conversion.isIdentity ? .kept : .converted
    } catch {
      return .changed(reason: error.reason)
    }
  }
}
