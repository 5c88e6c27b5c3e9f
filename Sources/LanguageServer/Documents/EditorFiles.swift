import Diagnostics
import Semantics

/// The files as an editor has them: those that are open with the text that stands there, the others
/// as they lie on the disk.
struct EditorFiles: SourceLoader {
  let others: any SourceLoader
  /// Open documents by their paths, in the one form that a path has.
  private var documents: [String: OpenDocument] = [:]

  init(_ open: some Sequence<OpenDocument>, others: any SourceLoader) {
    self.others = others
    for document in open { documents[document.place] = document }
  }

  func load(_ path: String) throws(SourceLoadFailure) -> [UInt8] {
    if let document = documents[ImportPath.normal(path)] { return document.file.bytes }
    return try others.load(path)
  }

  /// How the editor calls a file.
  func uri(of file: SourceFile) -> String {
    let path = ImportPath.normal(file.path)
    return documents[path]?.uri ?? DocumentAddress.uri(of: path)
  }
}
