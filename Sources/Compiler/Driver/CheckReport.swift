import Diagnostics
import Plans

/// What `raudal check --format json` prints: one object for the whole file.
package struct CheckReport: Sendable {
  private let compilation: Compilation

  package init(_ compilation: Compilation) { self.compilation = compilation }

  /// `file`, `fine`, `library`, `more` (whether there may be more messages than are told),
  /// `diagnostics` (as `JSONRenderer` writes them), and `streams` with the mode of each, empty
  /// where there are mistakes.
  package var json: String {
    let diagnostics = JSONRenderer(files: compilation.files).render(compilation.diagnostics)
    let streams = compilation.modes.map { stream, mode in
      switch mode {
      case .append: return "{\"name\":\(quoted(stream)),\"mode\":\"append\"}"
      case .updates(let key):
        let columns = key.map { "[\($0.map(quoted).joined(separator: ","))]" } ?? "null"
        return "{\"name\":\(quoted(stream)),\"mode\":\"update\",\"key\":\(columns)}"
      }
    }
    return "{\"file\":\(quoted(compilation.file.path)),\"fine\":\(!compilation.hasErrors),"
      + "\"library\":\(compilation.isLibrary),\"more\":\(compilation.isCut),"
      + "\"diagnostics\":\(diagnostics),"
      + "\"streams\":[\(streams.joined(separator: ","))]}"
  }

  private func quoted(_ text: String) -> String { JSONRenderer.quoted(text) }
}
