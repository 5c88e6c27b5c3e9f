import KeyedState
import Plans
import Schemas

/// A plan's `match` in the terms of its state.
struct MatchSetup {
  private let match: PhysicalMatch
  private let input: Schema
  private let stage: OperatorID

  init(_ match: PhysicalMatch, _ input: Schema, _ stage: OperatorID) {
    self.match = match
    self.input = input
    self.stage = stage
  }

  func store(rowLimit: Int) throws(OperatorError) -> MatchStore {
    let places = try ColumnPlaces.find(match.keys.map(\.name) + [match.mask], in: input, stage)
    guard Array(places.dropLast()) == Array(match.keys.indices) else {
      throw OperatorError(stage: stage, reason: "the plan's keys are not its first columns")
    }
    var measures: [MatchMeasure] = []
    for measure in match.measures { measures.append(try self.measure(measure)) }
    do {
      return try MatchStore(
        schema: input, keyCount: match.keys.count, mask: places[match.keys.count],
        program: MatchCompilation(match.pattern).program, span: match.span, skip: skip,
        measures: measures, output: match.schema, parameters: parameters, rowLimit: rowLimit)
    } catch {
      throw WindowSetup.unknown(error.spec, stage)
    }
  }

  /// With other conditions, in another order, or for another pattern rows that are kept say
  /// nothing.
  private var parameters: String {
    let time = match.span.map { ", within \($0)" } ?? ""
    let steps = zip(match.steps, match.conditions).map { "\($0) = \($1)" }
    return "\(steps.joined(separator: ", ")): \(match.pattern.text(match.steps))\(time)"
  }

  private func measure(
    _ measure: PhysicalMatch.Measure
  ) throws(OperatorError) -> MatchMeasure {
    var arguments: [Int] = []
    for case .column(let field) in measure.aggregate.arguments {
      arguments.append(
        field.name == MatchSpec.timeName
          ? input.count : try ColumnPlaces.find([field.name], in: input, stage)[0])
    }
    let filter = try measure.aggregate.filter.map { name throws(OperatorError) in
      try ColumnPlaces.find([name], in: input, stage)[0]
    }
    var spec = WindowSetup.spec(measure.aggregate)
    // Of no rows of a step there is no value, as of none that pass a filter.
    if let step = measure.step, !match.pattern.certainSteps.contains(step) { spec.hasFilter = true }
    return MatchMeasure(spec: spec, arguments: arguments, filter: filter, step: measure.step)
  }

  private var skip: MatchSkip {
    switch match.skip {
    case .pastLast: .pastLast
    case .toNext: .toNext
    case .toFirst(let step): .toFirst(step)
    case .toLast(let step): .toLast(step)
    }
  }
}

/// A pattern's states, from its end to its beginning: each knows where it leads.
private struct MatchCompilation {
  private(set) var states: [MatchProgram.State] = [.found]
  private let pattern: MatchPattern
  private var start = 0

  init(_ pattern: MatchPattern) {
    self.pattern = pattern
    var rest = pattern
    var end = 0
    if case .sequence(let parts) = pattern, let gap = pattern.trailingGap {
      rest = .sequence(Array(parts.dropLast()))
      end = add(.wait(excluded: Self.bits(gap)))
    }
    start = compile(rest, before: end)
  }

  var program: MatchProgram {
    MatchProgram(
      states: states, start: start, first: Self.bits(pattern.firstSteps),
      last: Self.bits(pattern.lastSteps), leastRows: pattern.leastRows)
  }

  private static func bits(_ steps: some Sequence<Int>) -> UInt32 {
    steps.reduce(0) { $0 | 1 << UInt32($1) }
  }

  private mutating func add(_ state: MatchProgram.State) -> Int {
    states.append(state)
    return states.count - 1
  }

  /// Where the pattern begins that leads to `next`.
  private mutating func compile(_ pattern: MatchPattern, before next: Int) -> Int {
    switch pattern {
    case .step(let step): return add(.take(step: step, next: next))
    case .gap(let steps): return add(.gap(excluded: Self.bits(steps), next: next))
    case .sequence(let parts):
      var entry = next
      for part in parts.reversed() { entry = compile(part, before: entry) }
      return entry
    case .choice(let parts):
      var entry: Int?
      for part in parts.reversed() {
        let first = compile(part, before: next)
        entry = entry.map { add(.fork(first, $0)) } ?? first
      }
      return entry ?? next
    case .repetition(let part, let least, let most, let isReluctant):
      var entry = next
      if let most {
        for _ in least..<max(least, most) {
          let more = compile(part, before: entry)
          entry = add(isReluctant ? .fork(next, more) : .fork(more, next))
        }
      } else {
        entry = add(.found)
        let more = compile(part, before: entry)
        states[entry] = isReluctant ? .fork(next, more) : .fork(more, next)
      }
      for _ in 0..<least { entry = compile(part, before: entry) }
      return entry
    }
  }
}
