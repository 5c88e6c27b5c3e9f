import Columns
import Compiler
import Diagnostics
import Expressions
import Plans
import Schemas

/// A condition of the language over the columns of a topic, as a command's user writes it.
final class RowCondition {
  private let filter: BoundFilter

  init(_ text: String, over schema: Schema) throws(JobError) {
    let fields = schema.fields.map { "  \($0)" }.joined(separator: "\n")
    let definition = """
      pipeline condition
      type Row {
      \(fields)
      }
      source rows: Row from file { path: "rows", format: json }
      stream chosen = rows | where (
      \(text)
      )
      sink chosen to file { path: "chosen", format: json }
      """
    let compilation = DefinitionCompiler.compile(
      file: SourceFile(path: "--where", bytes: Array(definition.utf8)), constants: .kernels)
    if let mistake = compilation.diagnostics.first(where: { $0.severity == .error }) {
      let notes = [mistake.primary.text] + mistake.notes
      let more = notes.filter { !$0.isEmpty }.joined(separator: "; ")
      throw JobError.usage("--where: \(mistake.title)\(more.isEmpty ? "" : ": \(more)")")
    }
    let nodes = compilation.logical?.nodes ?? []
    guard nodes.count == 3, case .filter(let condition) = nodes[1].kind else {
      throw JobError.usage(
        "--where takes one condition, `status == 429 or error like \"%timeout%\"`")
    }
    do {
      filter = try BoundFilter(condition, schema: schema)
    } catch {
      throw JobError.usage("--where: \(error)")
    }
  }

  /// Leaves the rows for which it is true; one of which it can't be told is none.
  func apply(_ batch: Batch) { _ = filter.apply(batch) }
}
