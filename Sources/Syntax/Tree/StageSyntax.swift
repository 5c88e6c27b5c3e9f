package import Diagnostics

/// One stage of a stream: what follows a `|`.
package struct StageSyntax: Sendable {
  package var kind: StageKindSyntax
  /// The word it begins with (`left` of a `left join`).
  package var keyword: Identifier
  /// `| window … as w`
  package var name: Identifier?
  /// `on_error skip | fail | dead_letter to …`
  package var errorRoute: ErrorRouteSyntax?
  /// From the keyword to the end, without the `|`.
  package var span: Span
}

package enum StageKindSyntax: Sendable {
  /// `where EXPR`
  case filter(ExpressionSyntax)
  /// `map { c, d = EXPR, n.* }`
  case map([ColumnItemSyntax])
  /// `with { c = EXPR … }`
  case with([AssignmentSyntax])
  /// `drop c, …`
  case drop([ColumnReferenceSyntax])
  /// `rename a as b, …`
  case rename([RenameSyntax])
  /// `flatten LIST as c`
  case flatten(ExpressionSyntax, name: Identifier)
  /// `union OTHER, …`
  case union([StreamReferenceSyntax])
  /// `key by c, …`
  case key([GroupKeySyntax])
  case dedupe(DedupeStageSyntax)
  case enrich(EnrichStageSyntax)
  case join(JoinStageSyntax)
  case window(WindowStageSyntax)
  /// `aggregate [by …] { … }`
  case aggregate(by: [GroupKeySyntax], [AssignmentSyntax])
  case top(TopStageSyntax)
  case over(OverStageSyntax)
  case match(MatchStageSyntax)
  case funnel(FunnelStageSyntax)
  case fold(FoldStageSyntax)
  case attribute(AttributeStageSyntax)
  case frequencyCap(FrequencyCapStageSyntax)
  case anomaly(AnomalyStageSyntax)
  case sessionize(SessionizeStageSyntax)
  case retention(RetentionStageSyntax)
  case experiment(ExperimentStageSyntax)
  /// `infer MODEL(args) as c`
  case infer(model: Identifier, [ArgumentSyntax], name: Identifier)
  case execute(ExecuteStageSyntax)
  /// `sample P%`
  case sample(ExpressionSyntax)
  /// `limit N`
  case limit(ExpressionSyntax)
  /// `throttle 500/s`
  case throttle(ExpressionSyntax)
  /// Was reported; the row's columns are unknown from here on.
  case missing
}

/// `name = EXPR` in a block.
package struct AssignmentSyntax: Sendable {
  package var name: Identifier
  package var value: ExpressionSyntax
  package var span: Span { name.span.joined(value.span) }
}

/// An item of `map` and of `emit`.
package enum ColumnItemSyntax: Sendable {
  /// `d = EXPR`
  case computed(AssignmentSyntax)
  /// `c` stands for `c = c`, `n.c` for `c = n.c`.
  case carried(ColumnReferenceSyntax)
  /// `n.*`: all columns of a joined side.
  case all(side: Identifier, span: Span)

  package var span: Span {
    switch self {
    case .computed(let assignment): assignment.span
    case .carried(let column): column.span
    case .all(_, let span): span
    }
  }
}

/// `a as b`
package struct RenameSyntax: Sendable {
  package var old: ColumnReferenceSyntax
  package var new: Identifier
}

/// `c` or `c = EXPR` after `by`.
package struct GroupKeySyntax: Sendable {
  /// Nil: named as the column that `value` is.
  package var name: Identifier?
  package var value: ExpressionSyntax
  package var span: Span { name.map { $0.span.joined(value.span) } ?? value.span }
}

/// `dedupe by c, … [keep first|last] within D`
package struct DedupeStageSyntax: Sendable {
  package var by: [GroupKeySyntax]
  package var keepsLast: Bool
  /// Nil where the clause is missing, which was reported.
  package var within: ExpressionSyntax?
}

/// `enrich TABLE on EXPR [as n] [required] [as of EXPR]`
package struct EnrichStageSyntax: Sendable {
  package var table: Identifier
  /// One for each of the table's keys: `on a`, `on (a, b)`.
  package var on: [ExpressionSyntax]
  /// Its columns are `n.c` then.
  package var alias: Identifier?
  package var isRequired: Bool
  package var asOf: ExpressionSyntax?
}

/// `execute TASK as c [steered by TABLE on EXPR [required]]`
package struct ExecuteStageSyntax: Sendable {
  package var task: Identifier
  package var name: Identifier
  package var steering: SteeringSyntax?
}

/// `steered by TABLE on EXPR [required]`
package struct SteeringSyntax: Sendable {
  package var table: Identifier
  package var on: ExpressionSyntax
  /// Tasks of which the table has no row wait for it.
  package var isRequired: Bool
}

/// `[left|right|full|semi|anti] join OTHER [as n] on … [within …] [expire after D]`
package struct JoinStageSyntax: Sendable {
  package enum Kind: String, Sendable, CaseIterable {
    case inner, left, right, full, semi, anti
  }

  package enum Bounds: Sendable {
    /// `within D`: up to D before or after.
    case around(ExpressionSyntax)
    /// `within D before`
    case before(ExpressionSyntax)
    /// `within D after`
    case after(ExpressionSyntax)
    /// `within D before and E after`
    case beforeAndAfter(ExpressionSyntax, ExpressionSyntax)
    /// `within D … between a.start and a.expires`; without a span it was not written.
    indirect case between(ExpressionSyntax, ExpressionSyntax, within: Bounds?)
    /// `within same window`
    case sameWindow

    package var expressions: [ExpressionSyntax] {
      switch self {
      case .around(let value), .before(let value), .after(let value): [value]
      case .beforeAndAfter(let first, let second): [first, second]
      case .between(let low, let high, let span): (span?.expressions ?? []) + [low, high]
      case .sameWindow: []
      }
    }
  }

  package var kind: Kind
  package var other: StreamReferenceSyntax
  package var alias: Identifier?
  /// `on user_id`, `on (a, b)`, or one condition `a == b and …`.
  package var on: [ExpressionSyntax]
  package var bounds: Bounds?
  package var expireAfter: ExpressionSyntax?
}

/// `window KIND [offset D] [zone Z] [by …] [emit …] [allow late D] { … }`
package struct WindowStageSyntax: Sendable {
  package enum Kind: Sendable {
    case tumbling(ExpressionSyntax)
    case hopping(ExpressionSyntax, every: ExpressionSyntax)
    case cumulative(ExpressionSyntax, every: ExpressionSyntax)
    case session(gap: ExpressionSyntax, max: ExpressionSyntax?)
    case count(ExpressionSyntax)
    /// Was reported.
    case missing
  }

  package enum Emission: Sendable {
    case onClose
    case every(ExpressionSyntax)
  }

  package var kind: Kind
  package var kindSpan: Span
  package var offset: ExpressionSyntax?
  package var zone: ExpressionSyntax?
  package var by: [GroupKeySyntax]
  /// `emit on close` is the default.
  package var emission: Emission
  package var emissionSpan: Span?
  package var allowLate: ExpressionSyntax?
  package var columns: [AssignmentSyntax]
}

/// `top N [with ties] by EXPR [desc], … [per c, …] [as rank]`
package struct TopStageSyntax: Sendable {
  package struct Order: Sendable {
    package var value: ExpressionSyntax
    package var isDescending: Bool
  }

  package var count: ExpressionSyntax
  package var withTies: Bool
  package var by: [Order]
  package var per: [GroupKeySyntax]
  package var rank: Identifier?
}

/// `over by c rows N preceding { … }`, `over by c D preceding { … }`
package struct OverStageSyntax: Sendable {
  package enum Frame: Sendable {
    case rows(ExpressionSyntax)
    case time(ExpressionSyntax)
  }

  package var by: [GroupKeySyntax]
  package var frame: Frame
  package var columns: [AssignmentSyntax]
}
