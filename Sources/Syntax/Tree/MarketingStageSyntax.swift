package import Diagnostics

/// A model and its settings: `linear`, `decay(half_life: 7d)`
package struct ModelCallSyntax: Sendable {
  package var name: Identifier
  package var settings: [ArgumentSyntax]
  package var span: Span

  /// Nil where it is a name alone.
  fileprivate var call: ExpressionSyntax? {
    guard span.end > name.span.end else { return nil }
    let call = CallSyntax(receiver: nil, function: name, arguments: settings, filter: nil)
    return ExpressionSyntax(.call(call), span)
  }
}

/// `attribute OTHER [as n] on … within D [where EXPR] [else within …] by MODEL of VALUE as c`
package struct AttributeStageSyntax: Sendable {
  /// How far back touches count, and which.
  package struct LookBack: Sendable {
    package var span: ExpressionSyntax
    package var condition: ExpressionSyntax?
  }

  package var other: StreamReferenceSyntax
  package var alias: Identifier?
  package var on: [ExpressionSyntax]
  package var lookBacks: [LookBack] = []
  /// Nil where they are missing, which was reported.
  package var model: ModelCallSyntax?
  package var value: ExpressionSyntax?
  package var credit: Identifier?

  /// The two streams side by side, as a join has them.
  package var join: JoinStageSyntax {
    JoinStageSyntax(
      kind: .left, other: other, alias: alias, on: on, bounds: nil, expireAfter: nil)
  }

  /// What it computes.
  package var expressions: [ExpressionSyntax] {
    on + lookBacks.flatMap { [$0.span] + [$0.condition].compactMap(\.self) }
      + (model?.settings.map(\.value) ?? []) + [value].compactMap(\.self)
  }

  /// What is written as expressions are: the model looks like a call.
  var clauses: [ExpressionSyntax] {
    on + lookBacks.flatMap { [$0.span] + [$0.condition].compactMap(\.self) }
      + [model?.call, value].compactMap(\.self)
  }
}

/// `frequency_cap N per D, … by c, …`
package struct FrequencyCapStageSyntax: Sendable {
  package struct Cap: Sendable {
    package var count: ExpressionSyntax
    package var span: ExpressionSyntax
  }

  package var caps: [Cap]
  package var by: [GroupKeySyntax]
}

/// `anomaly of EXPR by c, … using MODEL above T after N rows [ignore anomalies] [expire after D]
/// as c`
package struct AnomalyStageSyntax: Sendable {
  /// Nil where they are missing, which was reported.
  package var value: ExpressionSyntax?
  package var by: [GroupKeySyntax] = []
  package var model: ModelCallSyntax?
  package var threshold: ExpressionSyntax?
  package var warmUp: ExpressionSyntax?
  package var ignoresAnomalies = false
  package var expireAfter: ExpressionSyntax?
  package var name: Identifier?

  package init() {}

  /// What it computes of a row.
  package var expressions: [ExpressionSyntax] { [value].compactMap(\.self) + by.map(\.value) }

  /// What is written as expressions are: the model looks like a call.
  var clauses: [ExpressionSyntax] {
    expressions + [model?.call, threshold, warmUp, expireAfter].compactMap(\.self)
  }
}

/// `sessionize by c, … gap D [max D] as c`
package struct SessionizeStageSyntax: Sendable {
  package var by: [GroupKeySyntax] = []
  /// Nil where it is missing, which was reported.
  package var gap: ExpressionSyntax?
  package var limit: ExpressionSyntax?
  package var name: Identifier?

  package init() {}

  var clauses: [ExpressionSyntax] { by.map(\.value) + [gap, limit].compactMap(\.self) }
}

/// `retention P by c, … [per c, …] [offset D] [zone Z] for N periods`
package struct RetentionStageSyntax: Sendable {
  /// Nil where they are missing, which was reported.
  package var period: ExpressionSyntax?
  package var by: [GroupKeySyntax] = []
  package var per: [GroupKeySyntax] = []
  package var offset: ExpressionSyntax?
  package var zone: ExpressionSyntax?
  package var periods: ExpressionSyntax?

  package init() {}

  var clauses: [ExpressionSyntax] {
    [period, offset, zone, periods].compactMap(\.self) + by.map(\.value) + per.map(\.value)
  }
}

/// `experiment of EXPR by c, … converted EXPR within D every P [confidence S] [effect S]
/// [expire after D] { variant: share … }`
package struct ExperimentStageSyntax: Sendable {
  /// Nil where they are missing, which was reported.
  package var variant: ExpressionSyntax?
  package var by: [GroupKeySyntax] = []
  package var conversion: ExpressionSyntax?
  package var within: ExpressionSyntax?
  package var every: ExpressionSyntax?
  package var confidence: ExpressionSyntax?
  package var effect: ExpressionSyntax?
  package var expireAfter: ExpressionSyntax?
  /// Their shares.
  package var variants: [AssignmentSyntax] = []

  package init() {}

  /// What it computes of a row.
  package var expressions: [ExpressionSyntax] {
    [variant, conversion].compactMap(\.self) + by.map(\.value)
  }

  var clauses: [ExpressionSyntax] {
    expressions + [within, every, confidence, effect, expireAfter].compactMap(\.self)
  }
}
