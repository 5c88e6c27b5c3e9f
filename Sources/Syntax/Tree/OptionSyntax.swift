package import Diagnostics

/// `kafka { topic: "a" }`; without braces the options are empty.
package struct ConnectorSyntax: Sendable {
  package var name: Identifier
  package var options: OptionBlockSyntax
  package var span: Span
}

/// `{ name: value, … }`
package struct OptionBlockSyntax: Sendable {
  /// In the order of the file; a name may stand twice (for the checker to report).
  package var options: [OptionSyntax]
  /// With its braces; where there are none, the empty span where they would stand.
  package var span: Span

  /// The last option of that name.
  package subscript(name: String) -> OptionSyntax? {
    options.last { $0.name.text == name }
  }
}

/// `name: value`. The name of a header or of a JSON member may be a text.
package struct OptionSyntax: Sendable {
  package var name: Identifier
  package var value: OptionValueSyntax
  package var span: Span
}

/// The value of an option.
package struct OptionValueSyntax: Sendable {
  package indirect enum Kind: Sendable {
    /// Everything that is not one of the others: literals, texts with interpolation, words
    /// (`.name`), `env("A")` and other calls, `meta.timestamp`, computed values.
    case expression(ExpressionSyntax)
    case list([OptionValueSyntax])
    case object(OptionBlockSyntax)
    /// A connector with its options: `kafka { … }`.
    case connector(ConnectorSyntax)
    /// The value of `on_error`, and `dead_letter to …` anywhere.
    case route(ErrorRouteSyntax)
    /// `500/s per tenant`, `64 within 2ms`
    case qualified(OptionValueSyntax, [QualifierSyntax])
    /// `input` and `output` of a model, `response` of a task: names and types.
    case fields([FieldSyntax])
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

/// What follows a value and says more about it: `per tenant`, `twice`.
package struct QualifierSyntax: Sendable {
  package var word: Identifier
  package var value: ExpressionSyntax?
  package var span: Span
}

/// `fail`, `skip`, `dead_letter to kafka { … }`
package struct ErrorRouteSyntax: Sendable {
  package enum Kind: Sendable {
    case fail
    case skip
    case deadLetter(ConnectorSyntax)
    /// Was reported.
    case missing
  }

  package var kind: Kind
  package var span: Span
}
