package import Diagnostics

/// `test "a view is counted" { given … expect … }`
package struct TestDeclaration: Sendable {
  package var head: DeclarationHead
  package var name: TextSyntax
  package var steps: [TestStepSyntax]
}

package struct TestStepSyntax: Sendable {
  package enum Kind: Sendable {
    /// `given STREAM [rows]`: one partition, in this order.
    case given(StreamReferenceSyntax, [ObjectSyntax])
    /// `given TASK responds 429 twice`
    case responds(Identifier, OptionValueSyntax)
    /// `advance to "2026-01-01T00:00:00Z"`
    case advance(to: ExpressionSyntax)
    /// `expect STREAM [contains|ordered] [rows]`
    case expect(StreamReferenceSyntax, Comparison, [ObjectSyntax])
    /// `then crash and restore`
    case crashAndRestore
    /// `then restart with parallelism N`
    case restart(parallelism: ExpressionSyntax)
    /// `then upgrade from "old.raudal"`
    case upgrade(from: TextSyntax)
    /// `then hold`
    case hold
  }

  package enum Comparison: String, Sendable {
    /// All rows, in any order.
    case all
    /// These rows and maybe others.
    case contains
    /// All rows, in this order.
    case ordered
  }

  package var kind: Kind
  package var span: Span
}
