import Diagnostics
import Plans
import Semantics

/// A file as the editor has it, and what is known of it.
struct OpenDocument {
  let uri: String
  /// The file's path in the one form that a path has, by which imports find it.
  let place: String
  var version: Int?
  private(set) var file: SourceFile
  /// Whether what was told of it is older than its text.
  var isDirty = true
  private var known: Analysis?

  init(uri: String, version: Int?, text: String) {
    self.uri = uri
    self.version = version
    file = SourceFile(path: DocumentAddress.path(of: uri), text: text)
    place = ImportPath.normal(file.path)
  }

  /// A change of a range, or of the whole text.
  mutating func apply(_ change: JSONValue) {
    guard let text = change["text"]?.string else { return }
    if let range = change["range"], let start = TextPosition(range["start"]),
      let end = TextPosition(range["end"])
    {
      let first = file.offset(of: start)
      let last = max(first, file.offset(of: end))
      let bytes = file.bytes[..<first] + Array(text.utf8) + file.bytes[last...]
      file = SourceFile(path: file.path, bytes: Array(bytes))
    } else {
      file = SourceFile(path: file.path, text: text)
    }
    isDirty = true
    known = nil
  }

  /// What is known may be wrong by now, for it depends on other files too.
  mutating func forget() {
    isDirty = true
    known = nil
  }

  /// The same if another file, which changed, has to do with it.
  mutating func forget(becauseOf place: String) {
    if known?.depends(on: place) == true { forget() }
  }

  /// Made when it is first asked for after a change.
  mutating func analysis(_ loader: any SourceLoader, _ constants: ConstantCheck) -> Analysis {
    if let known { return known }
    let analysis = Analysis(file, loader, constants)
    known = analysis
    return analysis
  }
}
