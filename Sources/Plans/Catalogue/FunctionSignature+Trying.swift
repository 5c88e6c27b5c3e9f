extension FunctionSignature {
  /// The twin of a function that can fail, be it by a setting that comes with the row: `try_f(…)`
  /// is null where `f(…)` would fail the row. Nil of a function that never fails.
  ///
  /// Derived, never declared: so every function has it, with the same parameters and types.
  public var trying: FunctionSignature? {
    guard fallibility != .never || refusesSettings else { return nil }
    var twin = self
    twin.name = Self.tryPrefix + name
    twin.nulls = .alwaysNullable
    twin.fallibility = .never
    twin.documentation = "`\(name)`, but null where that would fail the row."
    twin.example = ""
    return twin
  }

  /// Whether a setting may make no sense; of these functions any text will do.
  var refusesSettings: Bool {
    parameters.contains(.setting) && !["like", "parse_url"].contains(name)
  }

  /// The function that a name of `try_f` tries; nil of any other name.
  public static func name(triedBy name: String) -> String? {
    name.hasPrefix(tryPrefix) ? String(name.dropFirst(tryPrefix.count)) : nil
  }

  private static let tryPrefix = "try_"
}
