import Diagnostics
import Plans
import Syntax

/// Turns the sequence of a `match` into its pattern, and says what it can't be.
struct PatternChecker {
  private static let mostRepeats: Int64 = 1_000

  private let log: DiagnosticLog
  private let names: [String]
  /// Names that the sequence holds, defined or not.
  private(set) var used: Set<String> = []
  private(set) var isWrong = false

  init(_ log: DiagnosticLog, names: [String]) {
    self.log = log
    self.names = names
  }

  /// The pattern; nil where something is wrong, which was reported.
  mutating func check(_ syntax: PatternSyntax) -> MatchPattern? {
    let pattern = convert(syntax, Place(isFirst: true, isLast: true, isWhole: true))
    guard !isWrong, let pattern else { return nil }
    if pattern.canBeEmpty {
      report(.matchesNothing, at: syntax.span)
    } else if pattern.states > MatchPattern.mostStates {
      report(.tooLarge(MatchPattern.mostStates), at: syntax.span)
    }
    return isWrong ? nil : pattern
  }

  /// Where a part stands: whether a match may begin or end with it.
  private struct Place {
    var isFirst: Bool
    var isLast: Bool
    /// Of the whole sequence, not of a group.
    var isWhole: Bool
  }

  private mutating func report(_ problem: MatchProblem, at span: Span) {
    isWrong = true
    log.report(problem, at: span)
  }

  private mutating func convert(_ syntax: PatternSyntax, _ place: Place) -> MatchPattern? {
    var inner = place
    inner.isWhole = false
    switch syntax.kind {
    case .event(let name): return number(name).map { .step($0) }
    case .sequence(let parts): return sequence(parts, place)
    case .alternatives(let parts):
      let choices = parts.map { convert($0, inner) }
      return choices.contains(nil) ? nil : .choice(choices.compactMap(\.self))
    case .repeated(let part, let least, let most, let isReluctant):
      return repetition(part, least, most, isReluctant, inner, syntax.span)
    case .not(let part):
      _ = steps(of: part)
      report(.misplacedNot(place.isFirst && place.isWhole ? .first : .alone), at: syntax.span)
      return nil
    case .missing:
      isWrong = true
      return nil
    }
  }

  private mutating func sequence(_ parts: [PatternSyntax], _ place: Place) -> MatchPattern? {
    var converted: [MatchPattern?] = []
    let firstCertain = parts.firstIndex { !$0.canBeEmpty } ?? parts.count
    let lastCertain = parts.lastIndex { !$0.canBeEmpty } ?? -1
    for (index, part) in parts.enumerated() {
      let isFirst = place.isFirst && index <= firstCertain
      let isLast = place.isLast && index >= lastCertain
      guard case .not(let rows) = part.kind else {
        converted.append(
          convert(part, Place(isFirst: isFirst, isLast: isLast, isWhole: false)))
        continue
      }
      let gap = steps(of: rows)
      converted.append(gap.map { .gap($0) })
      if index > 0, parts[index - 1].isNot {
        report(.misplacedNot(.beside), at: part.span)
      } else if isFirst, !place.isWhole || index > 0 {
        report(.misplacedNot(.first), at: part.span)
      } else if isLast, !place.isWhole || index < parts.count - 1 {
        report(.misplacedNot(.last), at: part.span)
      }
    }
    return converted.contains(nil) ? nil : .sequence(converted.compactMap(\.self))
  }

  private mutating func repetition(
    _ part: PatternSyntax, _ least: Int64, _ most: Int64?, _ isReluctant: Bool, _ place: Place,
    _ span: Span
  ) -> MatchPattern? {
    guard let pattern = convert(part, place) else { return nil }
    let problem: MatchProblem? =
      if let most, most < least {
        .quantifier(.reversed(least, most))
      } else if most == 0 {
        .quantifier(.none)
      } else if max(least, most ?? 0) > Self.mostRepeats {
        .tooLarge(MatchPattern.mostStates)
      } else if most != 1, pattern.canBeEmpty {
        .quantifier(.empty)
      } else {
        nil
      }
    if let problem {
      report(problem, at: span)
      return nil
    }
    return .repetition(
      pattern, least: Int(least), most: most.map { Int($0) }, isReluctant: isReluctant)
  }

  private mutating func number(_ name: Identifier) -> Int? {
    if name.text.isEmpty {
      isWrong = true
      return nil
    }
    let isNew = used.insert(name.text).inserted
    if let number = names.firstIndex(of: name.text) { return number }
    isWrong = true
    if isNew { report(.unknownName(name.text, known: names), at: name.span) }
    return nil
  }

  /// The names of a `not`.
  private mutating func steps(of syntax: PatternSyntax) -> [Int]? {
    switch syntax.kind {
    case .event(let name): return number(name).map { [$0] }
    case .alternatives(let parts):
      let all = parts.map { steps(of: $0) }
      return all.contains(nil) ? nil : Array(Set(all.compactMap(\.self).flatMap(\.self))).sorted()
    case .missing:
      isWrong = true
      return nil
    case .sequence, .repeated, .not:
      report(.misplacedNot(.ofRows), at: syntax.span)
      return nil
    }
  }
}

extension PatternSyntax {
  fileprivate var isNot: Bool { if case .not = kind { true } else { false } }

  /// Whether it may take no row.
  fileprivate var canBeEmpty: Bool {
    switch kind {
    case .event, .missing: false
    case .sequence(let parts): parts.allSatisfy(\.canBeEmpty)
    case .alternatives(let parts): parts.contains(where: \.canBeEmpty)
    case .repeated(let part, let least, _, _): least == 0 || part.canBeEmpty
    case .not: true
    }
  }
}
