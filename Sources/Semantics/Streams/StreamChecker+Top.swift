import Diagnostics
import Plans
import Schemas
import Syntax

/// `top N [with ties] by EXPR [desc], … [per c, …] [as rank]`
extension StreamChecker {
  func top(_ top: TopStageSyntax, _ stage: StageSyntax) {
    let place = "what `top` takes"
    var count: Int64?
    if case .int(let number)? = definitions.constant(top.count, as: .int, place: place) {
      count = number
      if number <= 0 { report(StageProblem.notPositive(place), at: top.count.span) }
    }
    guard top.by.count <= StreamGraph.mostColumns else {
      report(StageProblem.tooManyKeys(StreamGraph.mostColumns), at: stage.keyword.span)
      return lose()
    }
    let orders = top.by.compactMap { order($0) }
    let per = top.per.isEmpty ? [] : rowKeys(top.per, of: "top")
    guard !current.isUnknown else { return lose() }
    let rank = rank(of: top)
    guard let per, let count, count > 0, orders.count == top.by.count, rank.isFree else {
      if let name = rank.name { current.scope.fields.append(Field(name, .int)) }
      return
    }
    let columns = current.scope.fields.filter { !$0.isHidden }.map(\.name)
    var spec = TopSpec(
      count: count, withTies: top.withTies, orders: orders, per: per, columns: columns,
      rank: rank.name)
    let mode = graph.mode(of: current.input)
    var scope = current.scope
    scope.fields += spec.added
    if !mode.isUpdating, isOfWindow(per) {
      _ = add(.top(spec), "top", scope, stage)
      return
    }
    // Its rows change at any time.
    scope.windowBounds = [:]
    let key = key(of: spec, behind: mode)
    spec.running = TopSpec.Running(
      takesUpdates: mode.isUpdating, key: spec.updatesPlaces ? [] : key ?? [])
    _ = add(.top(spec), "top", scope, stage, mode: .updates(key: key))
  }

  /// By what the rows of a running `top` update each other: by their place, where no two have the
  /// same, else by the columns by which the stream before it updates.
  private func key(of spec: TopSpec, behind mode: StreamMode) -> [String]? {
    var per: [String] = []
    for key in spec.per {
      guard case .column(let name) = key.node else { return nil }
      if !per.contains(name) { per.append(name) }
    }
    if spec.updatesPlaces, let rank = spec.rank { return per + [rank] }
    guard case .updates(let key?) = mode else { return nil }
    return per + key.filter { !per.contains($0) }
  }

  private func order(_ order: TopStageSyntax.Order) -> TopSpec.Order? {
    let value = checker.check(order.value)
    if value.isUntyped { report(TypeProblem.untyped(value.type), at: order.value.span) }
    guard !value.type.holdsUnknown else { return nil }
    guard value.type.isOrdered else {
      let problem = TypeProblem.expected(
        "a value with an order", found: value.fieldType, where: "what `top` orders by")
      report(problem, at: order.value.span)
      return nil
    }
    return TopSpec.Order(value: value.expression, isDescending: order.isDescending)
  }

  /// The column of ranks, and whether no other has its name.
  private func rank(of top: TopStageSyntax) -> (name: String?, isFree: Bool) {
    guard let rank = top.rank else { return (nil, true) }
    guard current.scope.field(named: rank.text) == nil,
      !current.scope.sides.contains(rank.text)
    else {
      report(StageProblem.sideClash(rank.text), at: rank.span)
      return (nil, false)
    }
    return (rank.text, true)
  }

  /// Whether groups of these keys are parts of a window, of which no more comes once it is closed.
  private func isOfWindow(_ per: [Expression]) -> Bool {
    per.contains { key in
      if case .column(let name) = key.node {
        current.scope.windowBounds[name] != nil
      } else {
        false
      }
    }
  }
}
