import Plans

/// Where the rows go that fail in a stage which says nothing of it.
extension StreamGraph {
  /// A stage without a route of its own takes that of its source, of several where all say the
  /// same; but not where `settings` speak for all stages, nor where a stream reads the stage's
  /// errors.
  func inheritRoutes() {
    guard pipelineRoute == nil else { return }
    let inputs = nodes.flatMap(\.inputs)
    let read = Set(inputs.filter { $0.output == .errors }.map(\.node))
    // What the sources before each step say; inputs stand before their steps.
    var routes: [ErrorRoute?] = []
    for index in nodes.indices {
      let node = nodes[index]
      if case .source = node.kind {
        routes.append(node.errorRoute)
        continue
      }
      let before = node.origins.map { routes.indices.contains($0.node) ? routes[$0.node] : nil }
      let route = before.first.flatMap { $0 }
      let isSame = before.allSatisfy { $0 == route }
      routes.append(isSame ? route : nil)
      if case .sink = node.kind { continue }
      guard isSame, node.errorRoute == nil, !read.contains(index) else { continue }
      nodes[index].errorRoute = route
    }
  }
}

extension LogicalNode {
  /// The inputs whose rows it goes on with: a table that rows are looked up in is no source of
  /// them.
  fileprivate var origins: ArraySlice<LogicalInput> {
    switch kind {
    case .asOf, .execute: inputs.prefix(1)
    default: inputs[...]
    }
  }
}
