import Diagnostics

/// The one layout of a definition.
///
/// Tokens are never made anew: the builder walks the tree, takes the tokens in their order and says
/// between which of them a line may end; so nothing is lost, and what the tree doesn't know (the
/// author's parentheses) stays. Commas alone are free: between items of a block they follow from
/// the layout.
package enum DefinitionFormatter {
  /// Columns of a line. Comments and texts are never broken, so they may be longer.
  package static let width = 100

  /// The file as it ought to look. Of a tree without mistakes only: of others the tree is not the
  /// whole file. What would get too large to be read stays as it is. `format(format(x)) =
  /// format(x)`. O(bytes).
  package static func format(_ tree: SyntaxTree) -> String {
    var builder = LayoutBuilder(tree)
    builder.addFile()
    let text = LayoutRenderer(builder.pieces, width: width).text()
    guard text.utf8.count <= ParserLimits.bytes else {
      return String(decoding: tree.file.bytes, as: UTF8.self)
    }
    return text
  }
}
