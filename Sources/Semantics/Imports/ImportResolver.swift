package import Diagnostics
package import Syntax

/// What a definition imports, directly or not, each file once.
package struct ImportedFiles: Sendable {
  package internal(set) var trees: [SyntaxTree] = []
  /// What the parser says of them.
  package internal(set) var syntaxProblems: [Diagnostic] = []
  /// What is wrong with the imports themselves.
  package internal(set) var importProblems: [Diagnostic] = []
  /// Whether one could not be read.
  package internal(set) var isIncomplete = false

  package init() {}
}

/// Reads the files that a definition imports, and those that they import.
package struct ImportResolver {
  /// More files than this are a mistake, if only that of a link that leads in a circle.
  static let mostFiles = 100

  private let loader: any SourceLoader
  private let log = DiagnosticLog()
  private var found = ImportedFiles()
  private var known: Set<String> = []
  /// The files that are being read, each imported by the one before it.
  private var open: [String] = []
  private var isFull = false

  private init(_ loader: any SourceLoader) { self.loader = loader }

  package static func resolve(_ tree: SyntaxTree, _ loader: any SourceLoader) -> ImportedFiles {
    var resolver = ImportResolver(loader)
    resolver.follow(tree)
    resolver.lookForOlder(tree)
    resolver.found.importProblems = resolver.log.diagnostics
    return resolver.found
  }

  /// Definitions that tests upgrade from. Only the tests need them: a run goes without.
  private func lookForOlder(_ tree: SyntaxTree) {
    for case .test(let test) in tree.declarations {
      for case .upgrade(let text) in test.steps.map(\.kind) {
        guard let written = text.constant, !written.isEmpty else { continue }
        let path = ImportPath.of(written, in: tree.file.path)
        do {
          _ = try loader.load(path)
        } catch {
          log.report(TestProblem.upgradeUnreadable(path, reason: error.reason), at: text.span)
        }
      }
    }
  }

  private mutating func follow(_ tree: SyntaxTree) {
    open.append(ImportPath.normal(tree.file.path))
    defer { open.removeLast() }
    for case .imported(let declaration) in tree.declarations {
      guard let written = declaration.path.constant else {
        log.report(TypeProblem.notConstant("the path of an import"), at: declaration.path.span)
        found.isIncomplete = true
        continue
      }
      let span = declaration.path.span
      // The parser told of a path that is missing.
      if !written.isEmpty || span.count > 0 {
        add(ImportPath.of(written, in: tree.file.path), span)
      }
    }
  }

  private mutating func add(_ path: String, _ span: Span) {
    if let start = open.firstIndex(of: path) {
      log.report(ImportProblem.circle(Array(open[start...]) + [path]), at: span)
      return
    }
    guard known.insert(path).inserted else { return }
    guard found.trees.count < Self.mostFiles else {
      if !isFull { log.report(ImportProblem.tooMany(Self.mostFiles), at: span) }
      (isFull, found.isIncomplete) = (true, true)
      return
    }
    let bytes: [UInt8]
    do {
      bytes = try loader.load(path)
    } catch {
      log.report(ImportProblem.unreadable(path, reason: error.reason), at: span)
      found.isIncomplete = true
      return
    }
    let id = FileID(UInt32(found.trees.count + 1))
    let (tree, problems) = Parser.parse(SourceFile(path: path, bytes: bytes, id: id))
    found.trees.append(tree)
    found.syntaxProblems += problems
    if problems.contains(where: { $0.severity == .error }) { found.isIncomplete = true }
    if let other = tree.declarations.first(where: { !$0.isShared && !$0.isImport }) {
      let word = tree.file.text(other.head.keyword)
      log.report(ImportProblem.notShared(word, importedAt: span), at: other.head.keyword)
    }
    follow(tree)
  }
}

extension DeclarationSyntax {
  /// Whether an import brings it.
  var isShared: Bool {
    switch self {
    case .type, .function: true
    default: false
    }
  }

  fileprivate var isImport: Bool { if case .imported = self { true } else { false } }
}

extension SyntaxTree {
  /// Whether it holds nothing but what others import.
  package var isLibrary: Bool {
    !declarations.isEmpty && declarations.allSatisfy { $0.isShared || $0.isImport }
  }
}

/// The names of imported files.
package enum ImportPath {
  /// The path as written in a file, seen from where that file's own path is.
  static func of(_ written: String, in file: String) -> String {
    guard !written.hasPrefix("/"), let slash = file.lastIndex(of: "/") else {
      return normal(written)
    }
    return normal(file[...slash] + written)
  }

  /// Without `.` and what `..` takes back, so that a file has one name.
  package static func normal(_ path: String) -> String {
    var parts: [Substring] = []
    let isAbsolute = path.hasPrefix("/")
    for part in path.split(separator: "/") where part != "." {
      if part == "..", let last = parts.last, last != ".." {
        parts.removeLast()
      } else if part != ".." || !isAbsolute {
        parts.append(part)
      }
    }
    return (isAbsolute ? "/" : "") + parts.joined(separator: "/")
  }
}
