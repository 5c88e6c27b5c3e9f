import Plans
import TestKit

/// Looks for a pattern by trying one way after the other, in the order of preference.
struct MatchModel {
  struct Found {
    /// The rows of a match by number, with their steps.
    var path: [(row: Int, step: Int)]
    /// When its time was over, where it had to wait for that.
    var end: Int64?
  }

  let pattern: MatchPattern
  let span: Int64?
  let skip: MatchSpec.Skip
  /// Of each row, in order: its time, and the steps that it meets.
  let rows: [(time: Int64, met: Int64)]
  /// Whether a row meets what its step asks of those that were taken before it.
  var asks: (_ step: Int, _ place: Int, _ path: Path, _ start: Int) -> Bool = { _, _, _, _ in true }

  /// All matches, the leftmost first.
  var matches: [Found] {
    var found: [Found] = []
    var start = 0
    while start < rows.count {
      guard let match = match(from: start) else {
        start += 1
        continue
      }
      found.append(match)
      start = next(behind: match, start)
    }
    return found
  }

  private func next(behind match: Found, _ start: Int) -> Int {
    let row: Int? =
      switch skip {
      case .pastLast: (match.path.last?.row).map { $0 + 1 }
      case .toNext: start + 1
      case .toFirst(let step): match.path.first { $0.step == step }?.row
      case .toLast(let step): match.path.last { $0.step == step }?.row
      }
    guard let row, row > start else { return start + 1 }
    return row
  }

  typealias Path = [(row: Int, step: Int)]
  private typealias Rest = (_ place: Int, _ path: Path) -> Path?

  private func match(from start: Int) -> Found? {
    if case .sequence(let all) = pattern, case .gap(let steps)? = all.first {
      let bars = rows[..<start].contains { row in
        (span.map { rows[start].time - row.time <= $0 } ?? true)
          && steps.contains { row.met >> Int64($0) & 1 == 1 }
      }
      if bars { return nil }
    }
    let forbidden = pattern.trailingGap
    let parts = pattern.withoutEdges
    let path = take(parts, start, [], start) { place, path in
      guard let forbidden else { return path }
      let comes = rows.indices[place...].contains { other in
        counts(rows[other].time, start) && meets(other, forbidden, path, start)
      }
      return comes ? nil : path
    }
    guard let path else { return nil }
    return Found(path: path, end: forbidden == nil ? nil : rows[start].time + (span ?? 0))
  }

  private func counts(_ time: Int64, _ start: Int) -> Bool {
    span.map { time - rows[start].time <= $0 } ?? true
  }

  private func meets(_ place: Int, _ steps: [Int], _ path: Path, _ start: Int) -> Bool {
    steps.contains { rows[place].met >> Int64($0) & 1 == 1 && asks($0, place, path, start) }
  }

  /// The first way to take the pattern at a place and go on from there.
  private func take(
    _ pattern: MatchPattern, _ place: Int, _ path: Path, _ start: Int, _ rest: Rest
  ) -> Path? {
    switch pattern {
    case .step(let step):
      guard place < rows.count, counts(rows[place].time, start),
        meets(place, [step], path, start)
      else { return nil }
      return rest(place + 1, path + [(place, step)])
    case .gap(let steps):
      var end = place
      while true {
        if let found = rest(end, path) { return found }
        guard end < rows.count, counts(rows[end].time, start), !meets(end, steps, path, start)
        else { return nil }
        end += 1
      }
    case .sequence(let parts):
      guard let first = parts.first else { return rest(place, path) }
      let others = MatchPattern.sequence(Array(parts.dropFirst()))
      return take(first, place, path, start) { take(others, $0, $1, start, rest) }
    case .choice(let parts):
      for part in parts {
        if let found = take(part, place, path, start, rest) { return found }
      }
      return nil
    case .repetition(let part, let least, let most, let isReluctant):
      let more = MatchPattern.repetition(
        part, least: max(0, least - 1), most: most.map { $0 - 1 }, isReluctant: isReluctant)
      func again() -> Path? {
        if most == 0 { return nil }
        return take(part, place, path, start) { take(more, $0, $1, start, rest) }
      }
      if least > 0 { return again() }
      return isReluctant ? rest(place, path) ?? again() : again() ?? rest(place, path)
    }
  }
}

/// Patterns of any form that the language takes.
struct PatternSource {
  var random: SeededRandom
  let steps: Int

  private mutating func below(_ count: Int) -> Int { Int(random.next() % UInt64(count)) }

  private mutating func gap() -> MatchPattern {
    let first = below(steps)
    let second = below(steps)
    return .gap(first == second || below(2) == 0 ? [first] : [first, second])
  }

  /// Of which every match has a row.
  mutating func part(_ depth: Int) -> MatchPattern {
    switch depth == 0 ? 0 : below(6) {
    case 0, 1: return .step(below(steps))
    case 2: return .choice((0..<2 + below(2)).map { _ in part(depth - 1) })
    case 3: return sequence(depth - 1)
    default:
      let least = 1 + below(2)
      return .repetition(
        part(depth - 1), least: least, most: below(2) == 0 ? nil : least + below(3),
        isReluctant: below(3) == 0)
    }
  }

  private mutating func sequence(_ depth: Int) -> MatchPattern {
    var parts = [part(depth)]
    for _ in 0..<1 + below(3) {
      switch below(4) {
      case 0: parts += [gap(), part(depth)]
      case 1:
        parts.append(
          .repetition(
            part(depth), least: 0, most: below(2) == 0 ? nil : 1, isReluctant: below(3) == 0))
      default: parts.append(part(depth))
      }
    }
    return .sequence(parts)
  }

  mutating func whole(mayWait: Bool) -> MatchPattern {
    guard mayWait, below(3) == 0 else { return part(2) }
    switch below(3) {
    case 0: return .sequence([gap(), part(2)])
    case 1: return .sequence([gap(), part(2), gap()])
    default: return .sequence([part(2), gap()])
    }
  }
}
