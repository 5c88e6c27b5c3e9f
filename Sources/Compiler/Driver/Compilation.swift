package import Diagnostics
import Optimizer
package import Plans
import Schemas

/// What became of a definition.
package struct Compilation: Sendable {
  /// The definition's own file, and behind it those that it imports.
  package let files: [SourceFile]
  /// Mistakes and warnings in the order of the file, the first `DefinitionCompiler.limit` of them.
  package let diagnostics: [Diagnostic]
  /// Whether there are, or may be, more than these.
  package internal(set) var isCut = false
  /// What was to be set and is no param of the definition.
  package internal(set) var unknownSettings: [String] = []
  package let parameters: [PipelineParameter]
  /// Whether the file holds only what others import: types, functions, imports. There is nothing
  /// to run then.
  package internal(set) var isLibrary = false
  /// As written. Nil, like the plans that follow from it, of a library and where there are
  /// mistakes.
  package internal(set) var logical: LogicalPlan?
  package internal(set) var optimised: LogicalPlan?
  package internal(set) var physical: PhysicalPlan?
  package internal(set) var tests: [PipelineTest] = []
  /// Of each source and stream whether it appends or updates, in the order of the file.
  package internal(set) var modes: [(stream: String, mode: StreamMode)] = []
  /// Behind which steps of `logical` the rows of a stream come out, by its name or that of one of
  /// its further outputs.
  var streams: [String: [LogicalInput]] = [:]

  init(files: [SourceFile], diagnostics: [Diagnostic], parameters: [PipelineParameter]) {
    self.files = files
    self.diagnostics = diagnostics
    self.parameters = parameters
  }

  package var file: SourceFile { files[0] }

  package var hasErrors: Bool { diagnostics.contains { $0.severity == .error } }

  /// Whether the parser found mistakes, so that declarations may be missing.
  package var hasSyntaxErrors: Bool {
    diagnostics.contains { $0.severity == .error && $0.code.hasPrefix("E00") }
  }

  package var warnings: [Diagnostic] { diagnostics.filter { $0.severity == .warning } }

  /// The tables of the physical plan.
  package var tables: [TableSpec] { physical.map { $0.tables + $0.lookups } ?? [] }
}
