import Compiler
import Diagnostics
import Plans
import Semantics
import Syntax

/// All that is known of one text of a file, and of what it imports.
struct Analysis {
  let file: SourceFile
  let tree: SyntaxTree
  let compilation: Compilation
  let recorder: CheckRecorder
  /// Of the file itself, and behind it those of what it imports, as `files` are.
  let trees: [SyntaxTree]
  let indices: [NameIndex]

  init(_ file: SourceFile, _ loader: any SourceLoader, _ constants: ConstantCheck) {
    self.file = file
    recorder = CheckRecorder()
    compilation = DefinitionCompiler.compile(
      file: file, loader: loader, constants: constants, recorder: recorder)
    trees = compilation.files.map { Parser.parse($0).tree }
    tree = trees[0]
    var indices = trees.map(NameIndex.init)
    for (span, meaning) in recorder.names {
      if case .parameter(let parameter) = meaning, span.file == file.id {
        indices[0].addParameter(parameter.name, at: span)
      }
    }
    self.indices = indices
  }

  /// The names of the file itself.
  var names: NameIndex { indices[0] }

  var files: [SourceFile] { compilation.files }

  /// The file that a place is in.
  func file(of span: Span) -> SourceFile { files[Int(span.file.index)] }

  /// Whether the text of another file is part of this, or could be now that there is one.
  func depends(on place: String) -> Bool {
    compilation.diagnostics.contains { $0.code == "E0120" }
      || files.dropFirst().contains { ImportPath.normal($0.path) == place }
  }

  /// Where a name is declared, here or in an imported file.
  func declaration(of use: NameIndex.Use) -> NameIndex.Declaration? {
    if let own = names.declaration(of: use) { return own }
    guard use.space.isShared else { return nil }
    for index in indices.dropFirst() {
      if let found = index.declaration(of: use) { return found }
    }
    return nil
  }

  /// All places of a name in this file and in those that it imports, if it is the one that is
  /// declared in the file at `place`.
  func places(of use: NameIndex.Use, declaredAt place: String) -> [Span] {
    guard let declaration = declaration(of: use),
      ImportPath.normal(file(of: declaration.name.span).path) == place
    else { return [] }
    return (use.space.isShared ? indices : [names]).flatMap { $0.places(of: use) }
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

extension NameIndex.Space {
  /// Whether an import brings such names.
  var isShared: Bool { self == .type || self == .function }
}
