package import Diagnostics

/// A type as written: `decimal(12, 6)?`.
package struct TypeSyntax: Sendable {
  package indirect enum Kind: Sendable {
    /// `int`, `AdEvent`: a built-in type or a declared one.
    case named(Identifier)
    case decimal(precision: IntegerSyntax, scale: IntegerSyntax)
    case list(TypeSyntax)
    case map(key: TypeSyntax, value: TypeSyntax)
    case structure([FieldSyntax])
    /// `T?`; never twice around the same type.
    case optional(TypeSyntax)
    /// Was reported.
    case missing
  }

  package var kind: Kind
  package var span: Span

  package init(_ kind: Kind, _ span: Span) {
    self.kind = kind
    self.span = span
  }
}

/// A whole number where only a number may stand.
package struct IntegerSyntax: Hashable, Sendable {
  package var value: Int64
  package var span: Span
}

/// A field of a type: `event_time: timestamp from "ts" as epoch_seconds`.
package struct FieldSyntax: Sendable {
  /// The `///` lines before it.
  package var documentation: String
  package var name: Identifier
  package var type: TypeSyntax
  /// `from "userId"` (a text) or `from meta.offset`.
  package var origin: ExpressionSyntax?
  package var timeFormat: TimeFormatSyntax?
  /// `string in ["a", "b"]`: the only values a model may answer with.
  package var allowed: ExpressionSyntax?
  package var span: Span
}

/// `as epoch_seconds`, `as "yyyy-MM-dd HH:mm:ss" zone "Europe/Madrid"`
package struct TimeFormatSyntax: Sendable {
  package enum Kind: Sendable {
    /// `epoch_seconds`, `epoch_millis`, `epoch_micros`
    case word(Identifier)
    case pattern(TextSyntax)
  }

  package var kind: Kind
  package var zone: TextSyntax?
  package var span: Span
}
