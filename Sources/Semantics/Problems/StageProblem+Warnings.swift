import Diagnostics

extension StageProblem {
  /// What runs all the same, and most likely not as it was meant.
  func warning(at span: Span) -> Diagnostic {
    switch self {
    case .undecodable(let source, let fix):
      return .warning(
        "W0301", "an unreadable record stops the pipeline", span,
        "`\(source)` does not say where it goes",
        hints: [
          Hint(
            "add `on_error: skip` or `on_error: dead_letter to …`", edits: fix.map { [$0] } ?? [])
        ])
    case .fallible(let stage, let reasons, let others, let fix):
      return .warning(
        "W0302", "a row that fails here stops the pipeline", span, reasons, secondary: others,
        hints: [
          Hint(
            "add `on_error skip` or `on_error dead_letter to …` behind the `\(stage)`",
            edits: fix.map { [$0] } ?? [])
        ])
    case .infallible(let stage, let removal):
      return .warning(
        "W0303", "no row can fail here", span, "`on_error` says nothing to this `\(stage)`",
        hints: [Hint("leave it out", edits: removal.map { [$0] } ?? [])])
    default: return stateWarning(at: span)
    }
  }

  /// State that grows.
  private func stateWarning(at span: Span) -> Diagnostic {
    switch self {
    case .keepsValues(let function, let length):
      return .warning(
        "W0310", "`\(function)` keeps the values of \(length) in memory", span,
        "its state grows with the values, not with the groups",
        hints: [
          Hint(
            "take a shorter window (`max` bounds a session), or an aggregate that keeps a summary")
        ])
    case .keepsKeys:
      return .warning(
        "W0313", "keys that never fill a window are kept for ever", span,
        "each key that came holds its last, unfinished window",
        hints: [Hint("of keys without number use `session gap D`, which ends by itself")])
    case .gapAboveLimit:
      return .warning(
        "W0318", "`max` is shorter than the gap", span, "a session ends before its gap is over",
        hints: [Hint("`max` bounds a whole session: take some times the gap")])
    case .keepsFrames:
      return .warning(
        "W0314", "the last rows of each key are kept for ever", span,
        "each key that came holds the rows that precede its next one",
        hints: [Hint("of many keys use a span of time, `over by … 1h preceding { … }`")])
    case .keepsGroups(let stage, let isBehindUpdatingWindow):
      return .warning(
        "W0319", "the groups of `\(stage)` are kept for ever", span,
        "each key that came holds its \(stage == "top" ? "best rows" : "aggregates")",
        hints: [Hint(Self.endOfGroups(stage, isBehindUpdatingWindow))])
    case .stateNeverChanges(let name):
      return .warning(
        "W0317", "state `\(name)` never changes", span, "it keeps its first value",
        hints: [Hint("compute it in the second block, `\(name) = …`, or leave it out")])
    case .keepsStates(let fix):
      return .warning(
        "W0316", "the states of a key are kept for ever", span,
        "each key that came holds them, and keys come without end",
        hints: [
          Hint(
            "let a key begin anew when it was silent for long: `expire after 30d`",
            edits: fix.map { [$0] } ?? [])
        ])
    case .neverIdle(let source, let stages, let areWindows, let fix):
      return Self.neverIdle(source, stages, areWindows, fix, at: span)
    case .windowsPerRow(let count, _, _): return Self.manyWindows(count, span)
    default: return spreadWarning(at: span)
    }
  }

  private static func neverIdle(
    _ source: String, _ stages: [String], _ areWindows: Bool, _ fix: Edit?, at span: Span
  ) -> Diagnostic {
    let waits =
      stages.count == 1
      ? "`\(stages[0])` waits for all partitions, and its state grows meanwhile"
      : "\(stages.count) \(areWindows ? "windows" : "stages") wait for all partitions, and their"
        + " state grows meanwhile: \(list(stages, limit: 3))"
    return .warning(
      "W0311", "a silent partition keeps \(areWindows ? "windows open" : "rows waiting")", span,
      "`\(source)` does not say when a partition is idle", notes: [waits],
      hints: [
        Hint(
          "add `idle: 30s`: a partition silent for so long no longer holds the time back",
          edits: fix.map { [$0] } ?? [])
      ])
  }

  /// Work that does not spread, or output that repeats.
  private func spreadWarning(at span: Span) -> Diagnostic {
    switch self {
    case .constantKey(let name):
      return .warning(
        "W0320", "`\(name)` is the same for every row", span, "it makes no groups",
        hints: [Hint("leave it out of `by`, and add it behind: `| with { \(name) = … }`")])
    case .fewGroups(let groups, let reason):
      return .warning(
        "W0321", "this window does not spread over workers", span,
        groups == 1 ? "there is one group" : "there are at most \(groups) groups",
        notes: ["\(reason), and all of a group go to one worker"])
    case .fewRows(let groups):
      return .warning(
        "W0321", "this key does not spread over workers", span,
        groups == 1 ? "all rows have the same" : "there are at most \(groups) keys",
        notes: ["all rows of a key go to one worker"])
    case .fewKeys(let groups, let columns):
      return .warning(
        "W0322", "these keys do not spread over partitions", span,
        "\(list(columns)): at most \(groups) keys",
        notes: ["all records of a key go to one partition"])
    case .printsTwice(let name):
      return .warning(
        "W0330", "`print` can't write exactly once", span,
        "rows of `\(name)` may be printed again after a restart",
        notes: ["the definition's other sinks write each row exactly once"])
    default:
      return .error("E0300", "this stage is wrong", span)
    }
  }

  private static func manyWindows(_ count: Int64, _ span: Span) -> Diagnostic {
    .warning(
      "W0312", "a row is in \(count) windows", span, "each of them is put together and written",
      notes: ["one row of input makes \(count) rows of output for its key"],
      hints: [Hint("take a longer `every`, or a shorter window")])
  }

  /// How the groups of a running stage may come to an end. A window takes no rows that change.
  private static func endOfGroups(_ stage: String, _ isBehindUpdatingWindow: Bool) -> String {
    guard isBehindUpdatingWindow else {
      return "of many keys use a `window`, whose groups end with it"
    }
    let ending =
      stage == "top"
      ? "a `top` of each window ends with it"
      : "a `window` may stand here, whose groups end with it"
    return "leave out `emit every` and `allow late` of the window before: \(ending) then"
  }
}
