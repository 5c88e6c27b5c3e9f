package import Diagnostics

/// One declaration of a file. Declarations may stand in any order.
package enum DeclarationSyntax: Sendable {
  case pipeline(PipelineDeclaration)
  case parameter(ParameterDeclaration)
  case type(TypeDeclaration)
  case source(SourceDeclaration)
  case table(TableDeclaration)
  case model(ServiceDeclaration)
  case task(ServiceDeclaration)
  case function(FunctionDeclaration)
  case stream(StreamDeclaration)
  case sink(SinkDeclaration)
  case checkpoint(SettingsDeclaration)
  case settings(SettingsDeclaration)
  case test(TestDeclaration)
  case imported(ImportDeclaration)
}

/// What all declarations have.
package struct DeclarationHead: Hashable, Sendable {
  /// The lines of `///` before it, without slashes, joined by new lines; empty if there are none.
  package var documentation: String
  /// The word it begins with.
  package var keyword: Span
  /// The whole declaration.
  package var span: Span
}

/// `pipeline campaign_views`
package struct PipelineDeclaration: Sendable {
  package var head: DeclarationHead
  package var name: Identifier
}

/// `param period: duration = 10s`
package struct ParameterDeclaration: Sendable {
  package var head: DeclarationHead
  package var name: Identifier
  package var type: TypeSyntax
  package var defaultValue: ExpressionSyntax?
}

/// `type Ad { ad_id: string, campaign_id: string }`
package struct TypeDeclaration: Sendable {
  package var head: DeclarationHead
  package var name: Identifier
  package var fields: [FieldSyntax]
}

/// `source events: AdEvent from kafka { … }`
package struct SourceDeclaration: Sendable {
  package var head: DeclarationHead
  package var name: Identifier
  package var type: TypeSyntax
  package var connector: ConnectorSyntax
}

/// `table ads: Ad key ad_id from file { … }`,
/// `table users: User versioned key id expire after 30d from stream changes`
package struct TableDeclaration: Sendable {
  package enum Versions: Sendable {
    /// Only the latest row of each key: `latest`, or nothing said.
    case latest
    /// Rows of the past too, for `enrich … as of`.
    case versioned
  }

  package enum Origin: Sendable {
    case connector(ConnectorSyntax)
    case stream(StreamReferenceSyntax)
  }

  package var head: DeclarationHead
  package var name: Identifier
  package var type: TypeSyntax
  package var versions: Versions
  /// Empty only where the clause is missing, which was reported.
  package var keys: [Identifier]
  /// How long a version counts.
  package var expireAfter: ExpressionSyntax?
  package var origin: Origin
}

/// `model churn using onnx { … }` or `task send_email using http { … }`
package struct ServiceDeclaration: Sendable {
  package var head: DeclarationHead
  package var name: Identifier
  /// `onnx`, `openai`, `http`, …, with the options.
  package var connector: ConnectorSyntax
}

/// `function area(x: int, y: int): int = x * y`
package struct FunctionDeclaration: Sendable {
  package struct Parameter: Sendable {
    package var name: Identifier
    package var type: TypeSyntax
  }

  package var head: DeclarationHead
  package var name: Identifier
  package var parameters: [Parameter]
  package var result: TypeSyntax
  package var body: ExpressionSyntax
}

/// `stream views = events | where … | …`
package struct StreamDeclaration: Sendable {
  package var head: DeclarationHead
  package var name: Identifier
  /// Nil where it is missing, which was reported.
  package var input: StreamReferenceSyntax?
  package var stages: [StageSyntax]
}

/// `sink views to kafka { … }` or `sink out: Row = views to kafka { … }`
package struct SinkDeclaration: Sendable {
  package var head: DeclarationHead
  /// The name of its own, if it has one.
  package var name: Identifier?
  /// The declared type that the stream must fit.
  package var type: TypeSyntax?
  /// Nil where it is missing, which was reported.
  package var input: StreamReferenceSyntax?
  package var connector: ConnectorSyntax
}

/// `checkpoint { every: 5s }`, `settings { on_error: skip }`
package struct SettingsDeclaration: Sendable {
  package var head: DeclarationHead
  package var options: OptionBlockSyntax
}

/// `import "types.raudal"`
package struct ImportDeclaration: Sendable {
  package var head: DeclarationHead
  package var path: TextSyntax
}

extension DeclarationSyntax {
  package var head: DeclarationHead {
    switch self {
    case .pipeline(let declaration): declaration.head
    case .parameter(let declaration): declaration.head
    case .type(let declaration): declaration.head
    case .source(let declaration): declaration.head
    case .table(let declaration): declaration.head
    case .model(let declaration), .task(let declaration): declaration.head
    case .function(let declaration): declaration.head
    case .stream(let declaration): declaration.head
    case .sink(let declaration): declaration.head
    case .checkpoint(let declaration), .settings(let declaration): declaration.head
    case .test(let declaration): declaration.head
    case .imported(let declaration): declaration.head
    }
  }

  package var span: Span { head.span }
}
