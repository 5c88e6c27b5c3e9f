import Diagnostics

/// A `match` that cannot be as it is written.
enum MatchProblem: Problem, Error {
  /// Why a `not` can't stand where it does.
  enum Place {
    case first, last, beside, alone, ofRows
  }

  enum Flaw {
    case none, reversed(Int64, Int64), empty
  }

  case tooManyNames(Int)
  case laterRows(name: String, other: String)
  case previousOf(String)
  case previousElsewhere
  case asksBeforeMatch(String)
  case unknownName(String, known: [String])
  case matchesNothing
  case misplacedNot(Place)
  case needsWithin(isFirst: Bool, fix: Edit?)
  case quantifier(Flaw)
  case tooLarge(Int)
  case skipsToItself(String)
  case neverTaken(String)
  case mixedSteps([String], column: String?)
  case ofManyRows(String, step: String)
  case bareStep(String)
  case timeWithin(String)
  case taken(String)
  case noColumns
  case keepsRows(fix: Edit?)
  case unused(String)

  func diagnostic(at span: Span) -> Diagnostic {
    switch self {
    case .tooManyNames(let most):
      return .error("E0370", "a match has at most \(most) names", span, "this is one more")
    case .laterRows(let name, let other):
      let isOwn = name == other
      return .error(
        "E0371", "`\(name)` asks for rows of \(isOwn ? "its own" : "`\(other)`")", span,
        "none can be there before", notes: ["a condition sees its row and those before it"],
        hints: [
          Hint(
            isOwn
              ? "the row itself is plain columns; the row before it `prev(c)`"
              : "the later row sees both: ask in the condition of `\(other)`")
        ])
    case .previousElsewhere:
      return .error(
        "E0371", "`prev` can't stand here", span, "it is of the row that a condition looks at",
        hints: [Hint("it stands in the condition of a name, by itself and in no aggregate")])
    case .asksBeforeMatch(let name):
      return .error(
        "E0371", "`\(name)` asks for rows before it", span, "at the beginning there are none",
        notes: ["rows before a match are held against what they are by themselves"],
        hints: [Hint("define a name of its own for the `not` at the beginning")])
    case .previousOf(let step):
      return .error(
        "E0371", "`prev` is the row before, whatever it is", span, "not of `\(step)`",
        hints: [Hint("`prev(c)` of a column; that of the last row of `\(step)` is `\(step).c`")])
    case .unknownName(let name, let known):
      let suggestion = Suggestion(name, among: known, at: span, otherwise: "it is not defined")
      return .error(
        "E0372", "no row is called `\(name)`", span, suggestion.label,
        notes: known.isEmpty ? [] : ["names here: \(list(known))"],
        hints: suggestion.hints.isEmpty
          ? [Hint("say below which rows are: `\(name) = CONDITION`")] : suggestion.hints)
    case .matchesNothing:
      return .error(
        "E0373", "this sequence matches no row at all as well", span, "all of it may be absent",
        hints: [Hint("a part must take a row: `+` for `*`, or a name without `?`")])
    case .misplacedNot(let place): return Self.misplaced(place, span)
    case .needsWithin(let isFirst, let fix):
      return .error(
        "E0375", "nothing says how long this row must not come", span,
        isFirst ? "before a sequence" : "at the end of a sequence",
        hints: [Hint("give the match a time: `within 1h`", edits: fix.map { [$0] } ?? [])])
    default: return ofPattern(at: span)
    }
  }

  private static func misplaced(_ place: Place, _ span: Span) -> Diagnostic {
    let (label, hint) =
      switch place {
      case .first:
        (
          "a match may begin behind it",
          "`not b, a` looks at what was before a match: it is the first part of the whole, and a "
            + "row follows"
        )
      case .last:
        (
          "what follows it may be absent",
          "it stands between two rows that are there, or as the last of the whole sequence"
        )
      case .beside: ("two of them beside each other", "name both at once: `not (a | b)`")
      case .alone:
        (
          "it is no row by itself",
          "it stands as a part of a sequence: `a, not b, c`, without a quantifier"
        )
      case .ofRows: ("not of a sequence", "it takes a name, or several: `not (a | b)`")
      }
    return .error("E0374", "`not` can't stand here", span, label, hints: [Hint(hint)])
  }

  /// Of the sequence as a whole.
  private func ofPattern(at span: Span) -> Diagnostic {
    switch self {
    case .quantifier(let flaw):
      let (label, hint) =
        switch flaw {
        case .none: ("no row", "leave the part out")
        case .reversed(let least, let most): ("at least \(least), at most \(most)", "")
        case .empty: ("what is repeated may be absent", "let it take a row: `a*` for `(a?)+`")
        }
      return .error(
        "E0376", "this can't be repeated so", span, label,
        hints: hint.isEmpty ? [] : [Hint(hint)])
    case .tooLarge(let most):
      return .error(
        "E0377", "this sequence has more than \(most) parts", span, "repetitions count each time",
        hints: [Hint("bound less: `a+` and a condition on `count(a)` behind the match")])
    case .skipsToItself(let name):
      return .error(
        "E0378", "`\(name)` is the first row of each match", span,
        "the next one would begin where this one does",
        hints: [Hint("`to_next` goes on from the row behind it")])
    case .neverTaken(let name):
      return .error(
        "E0379", "no match has rows of `\(name)`", span, "it stands behind `not` alone")
    case .mixedSteps(let steps, let column):
      let whose = steps.map { "`\($0)`" } + (column.map { ["all rows (`\($0)`)"] } ?? [])
      return .error(
        "E0380", "an aggregate over rows of different names", span,
        whose.joined(separator: " and "),
        hints: [Hint("take one for each, and compute with both: `first(a.c) - last(b.c)`")])
    default: return ofColumns(at: span)
    }
  }

  /// Of `emit`, and what merely warns.
  private func ofColumns(at span: Span) -> Diagnostic {
    switch self {
    case .ofManyRows(let name, let step):
      return .error(
        "E0381", "`\(name)` has many values in a match", span, "of which row?",
        hints: [
          Hint("say whose: `\(step).\(name)`; or aggregate it over all rows: `last(\(name))`")
        ])
    case .bareStep(let name):
      return .error(
        "E0381", "`\(name)` is rows, not a value", span, "",
        hints: [Hint("one of their columns, `\(name).c`, or their number, `count(\(name))`")])
    case .timeWithin(let name):
      return .error(
        "E0382", "the event time stands alone in an aggregate", span, "",
        hints: [
          Hint(
            "compute with the result: `last(\(name).\(RowScope.timeColumn))`; or with the column "
              + "that the source takes the time from")
        ])
    case .taken(let name):
      return .error(
        "E0383", "`\(name)` is a column here already", span, "rows need a name of their own",
        hints: [Hint("`\(name).c` would be a part of the column: take another name")])
    case .noColumns:
      return .error(
        "E0384", "this match makes no columns", span, "it has no `emit`",
        hints: [Hint("say what comes out of a match: `emit { user_id, n = count(a) }`")])
    case .keepsRows(let fix):
      return .warning(
        "W0323", "rows wait for the rest of a sequence for ever", span,
        "each key keeps those that a match may still need",
        notes: ["where a match waits to be complete, the time waits with it for all behind"],
        hints: [Hint("bound a match: `within 1h`", edits: fix.map { [$0] } ?? [])])
    case .unused(let name):
      return .warning(
        "W0324", "`\(name)` stands nowhere in the sequence", span,
        "rows that meet it are seen all the same, and break a sequence",
        hints: [Hint("leave it out")])
    default: return .error("E0300", "this stage is wrong", span)
    }
  }
}
