package import Diagnostics

/// `match by c within D { sequence: …, name = EXPR …, emit { … } }`
package struct MatchStageSyntax: Sendable {
  package var by: [GroupKeySyntax]
  package var within: ExpressionSyntax?
  /// Nil where it is missing, which was reported.
  package var sequence: PatternSyntax?
  /// What makes a row one of the pattern's names.
  package var definitions: [AssignmentSyntax]
  package var emit: [ColumnItemSyntax]
  /// `skip: past_last` and the like.
  package var options: [OptionSyntax]
}

/// The pattern of a `match`: `viewed+, (carted | saved), not bought`.
package struct PatternSyntax: Sendable {
  package indirect enum Kind: Sendable {
    case event(Identifier)
    case sequence([PatternSyntax])
    case alternatives([PatternSyntax])
    /// `+`, `*`, `?`, `{2}`, `{2, 5}`; no upper bound: nil. Reluctant with a `?` behind.
    case repeated(PatternSyntax, least: Int64, most: Int64?, isReluctant: Bool)
    case not(PatternSyntax)
    /// Was reported.
    case missing
  }

  package var kind: Kind
  package var span: Span

  package init(_ kind: Kind, _ span: Span) {
    self.kind = kind
    self.span = span
  }

  /// All names in it, in their order.
  package var names: [Identifier] {
    switch kind {
    case .event(let name): [name]
    case .sequence(let parts), .alternatives(let parts): parts.flatMap(\.names)
    case .repeated(let part, _, _, _), .not(let part): part.names
    case .missing: []
    }
  }
}

/// `funnel by c within D [strict] { step: EXPR … }`
package struct FunnelStageSyntax: Sendable {
  package var by: [GroupKeySyntax]
  /// Nil where the clause is missing, which was reported.
  package var within: ExpressionSyntax?
  package var isStrict = false
  package var steps: [AssignmentSyntax]
}

/// `fold by c [expire after D] { s: T = INIT … } { s = EXPR, out = EXPR … }`
package struct FoldStageSyntax: Sendable {
  package struct State: Sendable {
    package var name: Identifier
    package var type: TypeSyntax
    package var initial: ExpressionSyntax
  }

  package var by: [GroupKeySyntax]
  package var expireAfter: ExpressionSyntax?
  package var state: [State]
  package var columns: [AssignmentSyntax]
}
