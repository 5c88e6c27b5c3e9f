import Compiler
import Diagnostics
import Plans
import Semantics
import Syntax

/// A file as the editor has it, and what is known of it.
struct OpenDocument {
  let uri: String
  var version: Int?
  private(set) var file: SourceFile
  /// Whether what was told of it is older than its text.
  var isDirty = true
  private var known: Analysis?

  init(uri: String, version: Int?, text: String) {
    self.uri = uri
    self.version = version
    file = SourceFile(path: Self.path(of: uri), text: text)
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

  /// Made when it is first asked for after a change.
  mutating func analysis(_ loader: any SourceLoader, _ constants: ConstantCheck) -> Analysis {
    if let known { return known }
    let analysis = Analysis(file, loader, constants)
    known = analysis
    return analysis
  }

  /// The path of a `file:` URI; another one as it is.
  private static func path(of uri: String) -> String {
    guard uri.hasPrefix("file://") else { return uri }
    var bytes: [UInt8] = []
    var rest = Substring(uri.dropFirst(7))
    while let first = rest.first {
      if first == "%", let byte = UInt8(rest.dropFirst().prefix(2), radix: 16) {
        bytes.append(byte)
        rest = rest.dropFirst(3)
      } else {
        bytes += Array(String(first).utf8)
        rest.removeFirst()
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}

/// All that is known of one text of a file.
struct Analysis {
  let file: SourceFile
  let tree: SyntaxTree
  let compilation: Compilation
  let recorder: CheckRecorder
  let names: NameIndex

  init(_ file: SourceFile, _ loader: any SourceLoader, _ constants: ConstantCheck) {
    self.file = file
    tree = Parser.parse(file).tree
    recorder = CheckRecorder()
    compilation = DefinitionCompiler.compile(
      file: file, loader: loader, constants: constants, recorder: recorder)
    var names = NameIndex(tree)
    for (span, meaning) in recorder.names {
      if case .parameter(let parameter) = meaning, span.file == file.id {
        names.addParameter(parameter.name, at: span)
      }
    }
    self.names = names
  }

  /// The declaration that a place lies in, or that ends before it.
  func declaration(at offset: Int) -> DeclarationSyntax? {
    tree.declarations.last { Int($0.span.start) <= offset }
  }

  /// The token that holds the place or ends there, and else the last one before it.
  func token(at offset: Int) -> Int? {
    tree.tokens.lastIndex { Int($0.span.start) < offset && $0.kind != .endOfFile }
  }
}
