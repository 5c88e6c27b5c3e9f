import Plans

/// Marks the steps that update rows whose event time a later step must know as it is: one that
/// takes rows back and whose results hang on their order finds a row by its time. An update that
/// changes nothing else is left out elsewhere.
enum TimeTelling {
  /// O(operators + edges) for each step that asks for it.
  static func mark(_ plan: inout PhysicalPlan) {
    // A step comes behind those that give it rows, so that who is marked marks others in turn.
    for index in plan.operators.indices.reversed() {
      guard asksForTimes(plan.operators[index].kind) else { continue }
      for giver in plan.updateGivers(of: index) {
        switch plan.operators[giver].kind {
        case .running(var running):
          running.tellsTimes = true
          plan.operators[giver].kind = .running(running)
        case .upserts(var upserts):
          upserts.tellsTimes = true
          plan.operators[giver].kind = .upserts(upserts)
        case .latest(var latest):
          latest.tellsTimes = true
          plan.operators[giver].kind = .latest(latest)
        default: continue
        }
      }
    }
  }

  /// A running `top` keeps rows with their times, and always tells them; a join only where they
  /// expire by them.
  private static func asksForTimes(_ kind: PhysicalKind) -> Bool {
    switch kind {
    case .running(let running):
      running.takesUpdates && (running.dependsOnOrder || running.tellsTimes)
    case .runningTop(let running): running.takesUpdates
    case .latest(let latest): latest.takesUpdates && latest.tellsTimes
    case .runningJoin(let join): join.running.takesUpdates && join.running.expiry != nil
    default: false
    }
  }
}
