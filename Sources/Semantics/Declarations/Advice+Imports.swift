import Diagnostics
import Syntax

/// Warnings of imports and of functions' parameters that do nothing.
extension Advice {
  /// An import is used if anything of its file, or of those that it imports itself, is named here.
  func warnOfUnusedImports(_ tree: SyntaxTree, _ imports: ImportedFiles) {
    let written = names(in: tree)
    let trees = Dictionary(
      imports.trees.map { (ImportPath.normal($0.file.path), $0) },
      uniquingKeysWith: { first, _ in first })
    for case .imported(let declaration) in tree.declarations {
      guard let path = declaration.path.constant else { continue }
      let brought = names(broughtBy: ImportPath.of(path, in: tree.file.path), trees)
      guard brought.isDisjoint(with: written) else { continue }
      graph.definitions.log.report(
        NameProblem.unusedImport(path, removal(.imported(declaration))), at: declaration.path.span)
    }
  }

  private func names(broughtBy path: String, _ trees: [String: SyntaxTree]) -> Set<String> {
    var open = [path]
    var seen: Set<String> = []
    var names: Set<String> = []
    while let next = open.popLast() {
      guard seen.insert(next).inserted, let tree = trees[next] else { continue }
      for declaration in tree.declarations {
        switch declaration {
        case .type(let it): names.insert(it.name.text)
        case .function(let it): names.insert(it.name.text)
        case .imported(let it):
          if let path = it.path.constant { open.append(ImportPath.of(path, in: next)) }
        default: continue
        }
      }
    }
    return names
  }

  func warnOfUnusedParameters() {
    for case .function(let function) in declarations
    where graph.definitions.used.functions.contains(function.name.text) {
      let used = function.body.names
      for parameter in function.parameters where !used.contains(parameter.name.text) {
        graph.definitions.log.report(
          NameProblem.unusedParameter(parameter.name.text, function: function.name.text),
          at: parameter.name.span)
      }
    }
  }

  /// The names that stand in a file, whatever they name there.
  private func names(in tree: SyntaxTree) -> Set<String> {
    let words = tree.tokens.filter { $0.kind == .name || $0.kind == .quotedName }
    return Set(words.map { tree.file.text($0.span).filter { $0 != "`" } })
  }
}

extension ExpressionSyntax {
  /// All names that stand in it as values.
  var names: Set<String> {
    var found: Set<String> = []
    var open = [self]
    while let next = open.popLast() {
      if case .name(let name) = next.kind { found.insert(name.text) }
      open += next.kind.operands
    }
    return found
  }
}
