import Diagnostics
import Schemas

/// A stage, stream or sink that cannot be as it is written.
enum StageProblem: Problem {
  case needsEventTime(String, fix: Edit?)
  case errorsLackTime(String)
  case notPositive(String)
  case negative(String)
  case slideAboveSize
  case unevenSteps
  case noGrid(String)
  case windowsPerRow(Int64, isError: Bool, at: Int64)
  case aggregateOutside(String)
  case notAggregated(String, keys: [String])
  case nestedAggregate(String)
  case filterOutside(String)
  case keyCount(table: String, keys: [String], found: Int)
  case columnClash(String, table: String, alias: String)
  case sideClash(String)
  case unionMismatch(stream: String, [String])
  case noColumns
  case noSink(fix: Edit?)
  case recursiveFunction([String])
  case callTooLarge(String)
  case later(String)
  case unnamedKey
  case undecodable(source: String, fix: Edit?)
  case infallible(stage: String, removal: Edit?)
  case fallible(stage: String, reasons: String, others: [Label], fix: Edit?)
  case keepsValues(String, span: String)
  case keepsKeys
  case neverIdle(source: String, stages: [String], areWindows: Bool, fix: Edit?)
  case keepsFrames
  case keepsGroups(of: String, isBehindUpdatingWindow: Bool)
  case gapAboveLimit
  case constantKey(String)
  case namedKey(stage: String, removal: Edit)
  case fewRows(Int)
  case tooManySteps(Int)
  case tooManyColumns(Int)
  case tooManyColumnsInAll(Int)
  case tooManyKeys(Int)
  case fewGroups(Int, reason: String)
  case fewKeys(Int, columns: [String])
  case printsTwice(String)
  case noRate
  case stateClash(String)
  case stateNeverChanges(String)
  case tooManyFunnelSteps(Int)
  case framesOfRows(String)
  case keepsStates(fix: Edit?)

  func diagnostic(at span: Span) -> Diagnostic {
    switch self {
    case .notPositive(let what):
      return .error("E0302", "\(what) must be above zero", span)
    case .negative(let what):
      return .error("E0302", "\(what) must not be below zero", span)
    case .slideAboveSize:
      return .error(
        "E0303", "these windows leave gaps", span, "`every` is longer than the window",
        notes: ["rows between two windows would be lost"])
    case .windowsPerRow(let count, true, let bound):
      return .error(
        "E0317", "a row would be in \(count) windows", span, "at most \(bound) may overlap",
        hints: [Hint("take a longer `every`")])
    case .aggregateOutside(let name):
      return .error(
        "E0304", "`\(name)` aggregates many rows", span, "here is only one row",
        hints: [Hint("aggregates stand in the block of a `window`, `aggregate` or `over`")])
    case .notAggregated(let name, let keys):
      return .error(
        "E0305", "`\(name)` has many values in a window", span, "which one?",
        notes: keys.isEmpty ? [] : ["the same in all rows: \(list(keys))"],
        hints: [Hint("aggregate it, `first(\(name))`, or group by it, `by \(name)`")])
    case .nestedAggregate(let name):
      return .error(
        "E0306", "an aggregate inside an aggregate", span,
        "`\(name)` already stands inside one")
    case .filterOutside(let name):
      return .error(
        "E0307", "`\(name)` takes no `where`", span, "only aggregates have a filter of their own")
    case .keyCount(let table, let keys, let found):
      let noun = keys.count == 1 ? "one column" : "\(keys.count) columns"
      return .error(
        "E0308", "`\(table)` is found by \(noun)", span,
        found == 1 ? "there is 1" : "there are \(found)",
        notes: ["its key: \(list(keys))"])
    case .columnClash(let name, let table, let alias):
      return .error(
        "E0309", "`\(name)` is a column here already", span, "`\(table)` has one too",
        hints: [
          Hint(
            "give the table's columns a name before them: `as \(alias)`, then `\(alias).\(name)`")
        ])
    default: return others(at: span)
    }
  }

  private func others(at span: Span) -> Diagnostic {
    switch self {
    case .sideClash(let name):
      return .error(
        "E0310", "`\(name)` is the name of a column or side already", span, "take another name")
    case .unionMismatch(let stream, let differences):
      return .error(
        "E0311", "`\(stream)` has other columns", span,
        "a union takes the same columns by name and type", notes: differences)
    case .noColumns:
      return .error("E0312", "no column would be left", span)
    case .noSink(let fix):
      return .error(
        "E0313", "nothing goes out of this pipeline", span, "",
        hints: [Hint("add a sink: `sink STREAM to print`", edits: fix.map { [$0] } ?? [])])
    case .recursiveFunction(let circle):
      return .error(
        "E0315", "function `\(circle.first ?? "")` calls itself", span, "functions don't recurse",
        notes: circle.count > 2 ? ["the circle: \(circle.joined(separator: " → "))"] : [])
    case .callTooLarge(let name):
      return .error(
        "E0340", "this call of `\(name)` becomes too large", span,
        "functions that use a parameter often, within each other, multiply",
        hints: [Hint("compute a part of it in a stage before, `| with { part = … }`")])
    case .unevenSteps:
      return .error(
        "E0348", "the window is no multiple of `every`", span,
        "the last of these windows would have no end of its own")
    case .noGrid(let word):
      return .error(
        "E0349", "these windows have no `\(word)`", span, "they begin where rows come",
        hints: [Hint("leave it out")])
    case .noRate:
      return .error(
        "E0347", "`throttle` takes a rate", span, "no rate",
        hints: [Hint("rows in a unit of time: `500/s`, `30/m`, `100/h` or `1000/d`")])
    case .later(let what):
      return .error(
        "E0390", "\(what) comes in a later version", span, "not in this version yet")
    case .unnamedKey:
      return .error(
        "E0316", "this key has no name", span, "",
        hints: [Hint("name it: `by name = …`", edits: [Edit(span.before, "key = ")])])
    default: return ofKeyed(at: span)
    }
  }

  /// Of keys, and of what is kept by them.
  private func ofKeyed(at span: Span) -> Diagnostic {
    switch self {
    case .namedKey(let stage, let removal):
      return .error(
        "E0341", "a key of `\(stage)` has no name", span, "leave the name out",
        notes: ["keys are looked at, and make no columns"],
        hints: [Hint("", edits: [removal])])
    case .stateClash(let name):
      return .error(
        "E0366", "`\(name)` is a column here already", span, "a state needs a name of its own",
        hints: [Hint("the row and the states are seen at once: rename one of them")])
    default: return timeless(at: span)
    }
  }

  /// Of rows without event time.
  private func timeless(at span: Span) -> Diagnostic {
    switch self {
    case .needsEventTime(let stage, let fix):
      return .error(
        "E0301", "`\(stage)` needs event time", span, "the rows here have none",
        hints: [
          Hint(
            "say it at the source: `event_time: COLUMN`, `meta.timestamp` or `arrival`",
            edits: fix.map { [$0] } ?? [])
        ])
    case .errorsLackTime(let stage):
      return .error(
        "E0301", "`\(stage)` needs event time", span, "rows that were set aside have none",
        hints: [
          Hint(
            "write them with a `sink`, and read that as a source with `event_time: …`; stages such"
              + " as `where`, `map` and `limit` need none")
        ])
    case .framesOfRows(let count):
      return .error(
        "E0207", "the time of `over` must be a duration", span, "this is an int",
        hints: [
          Hint("for a number of rows write `rows \(count)`", edits: [Edit(span.before, "rows ")])
        ])
    default: return bounds(at: span)
    }
  }

  /// Of pipelines that are too large, and of what is not there yet.
  private func bounds(at span: Span) -> Diagnostic {
    switch self {
    case .tooManySteps(let limit):
      return .error(
        "E0342", "a pipeline has at most \(limit) steps", span, "this is one more",
        notes: ["a step is a stage, source, table or sink"])
    case .tooManyColumns(let limit):
      return .error("E0343", "a row has at most \(limit) columns", span, "here are more")
    case .tooManyColumnsInAll(let limit):
      return .error(
        "E0344", "the rows of all steps have at most \(limit) columns", span, "here are more",
        hints: [Hint("leave out columns before many stages: `| map { … }` with those it needs")])
    case .tooManyFunnelSteps(let most):
      return .error("E0367", "a funnel has at most \(most) steps", span, "this is one more")
    case .tooManyKeys(let limit):
      return .error(
        "E0345", "a stage has at most \(limit) keys", span, "here are more",
        hints: [Hint("compute one of them before: `| with { key = … }`")])
    default: return warning(at: span)
    }
  }
}
