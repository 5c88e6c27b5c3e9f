extension PhysicalPlan {
  /// The nearest steps before one that give rows which update. O(operators + edges).
  public func updateGivers(of index: Index) -> [Index] {
    var found: [Index] = []
    var open = operators[index].rowInputs.map(\.from)
    var seen = Set(open)
    while let next = open.popLast() {
      switch operators[next].kind {
      case .running, .runningTop, .upserts:
        found.append(next)
        continue
      case .runningJoin(let join) where join.running.mode.isUpdating:
        found.append(next)
        continue
      case .latest(let latest) where latest.takesUpdates:
        found.append(next)
        continue
      case .source(let spec) where spec.updates != nil:
        found.append(next)
        continue
      case .globalWindow(let window) where window.isUpdating:
        found.append(next)
        continue
      default: break
      }
      for edge in operators[next].rowInputs where seen.insert(edge.from).inserted {
        open.append(edge.from)
      }
    }
    return found
  }
}
