extension WindowSpec {
  /// Whether it tells results more than once.
  public var isUpdating: Bool { emitEvery != nil || allowLate != nil }

  /// Whether its results change later, and by which columns. The start says which window it is;
  /// only cumulative windows have theirs in common.
  public var mode: StreamMode {
    guard isUpdating else { return .append }
    var bounds = ["window_start"]
    if case .cumulative = kind { bounds.append("window_end") }
    return .updates(key: keys.map(\.name) + bounds)
  }
}
