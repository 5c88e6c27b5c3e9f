/// What a `match` looks for: a regular expression over the rows of a key, each of which meets some
/// of its steps. Steps are known by their numbers.
public indirect enum MatchPattern: Hashable, Sendable, Codable {
  /// Instructions that one pattern becomes at most; each costs time for every row.
  public static let mostStates = 1_000

  /// A row that meets the step.
  case step(Int)
  case sequence([MatchPattern])
  /// One of these, rather an earlier one.
  case choice([MatchPattern])
  case repetition(MatchPattern, least: Int, most: Int?, isReluctant: Bool)
  /// Rows that meet none of these steps, as few as there may be. At the end of the whole: that none
  /// of them comes until the time is over. At its beginning: that none of them came within the time
  /// before the first row.
  case gap([Int])
}

extension MatchPattern {
  /// What stands at the end of the whole and asks for the time to be over: the steps that may not
  /// come.
  public var trailingGap: [Int]? {
    if case .sequence(let parts) = self, case .gap(let steps)? = parts.last { steps } else { nil }
  }

  /// What stands at the beginning of the whole: the steps that may not have come before.
  public var leadingGap: [Int]? {
    if case .sequence(let parts) = self, case .gap(let steps)? = parts.first { steps } else { nil }
  }

  /// What lies between the two.
  public var withoutEdges: MatchPattern {
    guard case .sequence(var parts) = self else { return self }
    if trailingGap != nil { parts.removeLast() }
    if leadingGap != nil { parts.removeFirst() }
    return .sequence(parts)
  }

  /// Whether it fits no row at all.
  public var canBeEmpty: Bool { leastRows == 0 }

  /// Rows of steps that it takes at least.
  public var leastRows: Int {
    switch self {
    case .step: 1
    case .gap: 0
    case .sequence(let parts): parts.map(\.leastRows).reduce(0, Self.sum)
    case .choice(let parts): parts.map(\.leastRows).min() ?? 0
    case .repetition(let part, let least, _, _): Self.product(part.leastRows, least)
    }
  }

  /// Instructions that it becomes.
  public var states: Int {
    switch self {
    case .step, .gap: return 1
    case .sequence(let parts): return parts.map(\.states).reduce(0, Self.sum)
    case .choice(let parts): return parts.map(\.states).reduce(parts.count - 1, Self.sum)
    case .repetition(let part, let least, let most, _):
      guard let most else {
        return Self.sum(Self.product(part.states, Self.sum(least, 1)), 1)
      }
      return Self.sum(Self.product(part.states, most), max(0, most - least))
    }
  }

  /// The steps that its first row may be.
  public var firstSteps: Set<Int> { edge { $0 } }

  /// The steps that its last row may be.
  public var lastSteps: Set<Int> { edge { $0.reversed() } }

  private func edge(_ order: ([MatchPattern]) -> [MatchPattern]) -> Set<Int> {
    switch self {
    case .step(let number): return [number]
    case .gap: return []
    case .choice(let parts): return parts.reduce(into: []) { $0.formUnion($1.edge(order)) }
    case .repetition(let part, _, _, _): return part.edge(order)
    case .sequence(let parts):
      var steps: Set<Int> = []
      for part in order(parts) {
        steps.formUnion(part.edge(order))
        if !part.canBeEmpty { break }
      }
      return steps
    }
  }

  /// The steps of which every match has a row.
  public var certainSteps: Set<Int> {
    switch self {
    case .step(let number): return [number]
    case .gap: return []
    case .sequence(let parts): return parts.reduce(into: []) { $0.formUnion($1.certainSteps) }
    case .choice(let parts):
      guard let first = parts.first else { return [] }
      return parts.dropFirst().reduce(first.certainSteps) { $0.intersection($1.certainSteps) }
    case .repetition(let part, let least, _, _): return least > 0 ? part.certainSteps : []
    }
  }

  /// The steps that rows are held against, also those that must not come.
  public var askedSteps: Set<Int> {
    switch self {
    case .step(let number): [number]
    case .gap(let steps): Set(steps)
    case .sequence(let parts), .choice(let parts):
      parts.reduce(into: []) { $0.formUnion($1.askedSteps) }
    case .repetition(let part, _, _, _): part.askedSteps
    }
  }

  /// Whether a row may have been taken as a step when one is held against the other.
  public func mayPrecede(_ step: Int, _ other: Int) -> Bool {
    switch self {
    case .step, .gap: return false
    case .choice(let parts): return parts.contains { $0.mayPrecede(step, other) }
    case .repetition(let part, _, let most, _):
      let repeats = most != 1 && part.takenSteps[step] != nil && part.askedSteps.contains(other)
      return repeats || part.mayPrecede(step, other)
    case .sequence(let parts):
      var isTaken = false
      for part in parts {
        if isTaken, part.askedSteps.contains(other) { return true }
        if part.mayPrecede(step, other) { return true }
        isTaken = isTaken || part.takenSteps[step] != nil
      }
      return false
    }
  }

  /// How often each step stands in it; what is repeated counts twice.
  public var takenSteps: [Int: Int] {
    switch self {
    case .step(let number): return [number: 1]
    case .gap: return [:]
    case .sequence(let parts), .choice(let parts):
      return parts.reduce(into: [:]) { $0.merge($1.takenSteps, uniquingKeysWith: Self.sum) }
    case .repetition(let part, _, let most, _):
      return most == 1 ? part.takenSteps : part.takenSteps.mapValues { Self.sum($0, $0) }
    }
  }

  private static func sum(_ a: Int, _ b: Int) -> Int {
    let (sum, overflows) = a.addingReportingOverflow(b)
    return overflows ? .max : sum
  }

  private static func product(_ a: Int, _ b: Int) -> Int {
    let (product, overflows) = a.multipliedReportingOverflow(by: b)
    return overflows ? .max : product
  }

  /// As the language writes it.
  public func text(_ names: [String]) -> String {
    switch self {
    case .step(let number): return names[number]
    case .gap(let steps):
      let text = steps.map { names[$0] }.joined(separator: " | ")
      return steps.count == 1 ? "not \(text)" : "not (\(text))"
    case .sequence(let parts): return parts.map { $0.inner(names) }.joined(separator: ", ")
    case .choice(let parts): return parts.map { $0.inner(names) }.joined(separator: " | ")
    case .repetition(let part, let least, let most, let isReluctant):
      let bounds =
        switch (least, most) {
        case (0, nil): "*"
        case (1, nil): "+"
        case (0, 1): "?"
        case (_, nil): "{\(least),}"
        case (_, let most?): least == most ? "{\(least)}" : "{\(least), \(most)}"
        }
      return part.inner(names) + bounds + (isReluctant ? "?" : "")
    }
  }

  private func inner(_ names: [String]) -> String {
    switch self {
    case .step, .gap, .repetition: text(names)
    case .sequence, .choice: "(\(text(names)))"
    }
  }
}
