import Expressions
import KeyedState
import Plans
import Schemas

/// A plan's `match` in the terms of its state.
struct MatchSetup {
  private let match: PhysicalMatch
  private let input: Schema
  private let stage: OperatorID
  private let functions: ForeignFunctions

  init(
    _ match: PhysicalMatch, _ input: Schema, _ stage: OperatorID, _ functions: ForeignFunctions
  ) {
    self.match = match
    self.input = input
    self.stage = stage
    self.functions = functions
  }

  func store(rowLimit: Int) throws(OperatorError) -> MatchStore {
    let places = try ColumnPlaces.find(match.keys.map(\.name) + [match.mask], in: input, stage)
    guard Array(places.dropLast()) == Array(match.keys.indices) else {
      throw OperatorError(stage: stage, reason: "the plan's keys are not its first columns")
    }
    var measures: [MatchMeasure] = []
    for measure in match.measures { measures.append(try self.measure(measure)) }
    let questions = try questions()
    do {
      return try MatchStore(
        schema: input, keyCount: match.keys.count, mask: places[match.keys.count],
        program: MatchCompilation(match.pattern).program(questions), questions: questions,
        span: match.span, skip: skip, measures: measures, output: match.schema,
        parameters: parameters, rowLimit: rowLimit)
    } catch {
      throw WindowSetup.unknown(error.spec, stage)
    }
  }

  /// With other conditions, in another order, or for another pattern rows that are kept say
  /// nothing.
  private var parameters: String {
    let time = match.span.map { ", within \($0)" } ?? ""
    let steps = zip(match.steps, match.conditions).map { "\($0) = \($1)" }
    let asks = match.asks.map { ", \(match.steps[$0.step]) asks \($0.condition)" }
    let before = match.before.map { ", \($0.line(match.steps))" }
    let conditions = steps.joined(separator: ", ") + (asks + before).joined()
    return "\(conditions): \(match.pattern.text(match.steps))\(time)"
  }

  /// What steps ask of rows that were taken before; nil: nothing.
  private func questions() throws(OperatorError) -> MatchQuestions? {
    guard !match.asks.isEmpty else { return nil }
    let names = match.before.map(\.aggregate.name)
    let asked = match.asks.reduce(into: Set<String>()) { $0.formUnion($1.condition.columnNames) }
    let read = input.fields.indices.filter { asked.contains(input[$0].name) }
    let fields = match.before.map { Field($0.aggregate.name, $0.aggregate.fieldType) }
    let schema = Schema(read.map { input[$0] } + fields)
    var measures: [MatchMeasure] = []
    for measure in match.before { measures.append(try self.measure(measure)) }
    return MatchQuestions(
      asks: match.asks.map { ask in
        let columns = ask.condition.columnNames
        return MatchQuestions.Ask(
          step: ask.step, measures: names.indices.filter { columns.contains(names[$0]) })
      },
      measures: measures, read: read, schema: schema,
      conditions: try AskedConditions(match.asks, match.steps, schema, stage, functions))
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
    // Of no rows of a step there is no value, as of none that pass a filter. Steps ask where there
    // is none yet, and a search may fail before it has a row of each step.
    let isCertain = measure.step.map { match.pattern.certainSteps.contains($0) } ?? true
    if !isCertain || !match.asks.isEmpty { spec.hasFilter = true }
    let choice: MatchMeasure.Choice =
      switch measure.choice {
      case nil: .all
      case .last: .last
      case .previous: .previous
      }
    return MatchMeasure(
      spec: spec, arguments: arguments, filter: filter, step: measure.step, choice: choice)
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
    var end = 0
    if let gap = pattern.trailingGap { end = add(.wait(excluded: Self.bits(gap))) }
    start = compile(pattern.withoutEdges, before: end)
  }

  /// Where steps ask of rows before, any row that is looked at may end a search that fails: it is
  /// looked at when it comes, and the time waits for it as for one that ends a match.
  func program(_ questions: MatchQuestions?) -> MatchProgram {
    MatchProgram(
      states: states, start: start, first: Self.bits(pattern.firstSteps),
      last: questions == nil ? Self.bits(pattern.lastSteps) : .max,
      leastRows: questions == nil ? pattern.leastRows : 1,
      bars: Self.bits(pattern.leadingGap ?? []),
      memory: questions.map { MatchMemory(states, $0) } ?? .empty)
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
