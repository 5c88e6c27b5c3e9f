import Compiler
import Diagnostics
import Engine
import Expressions
import Plans
import Platform

/// A pipeline that a Swift program builds, loads, or both: each declaration is written in the
/// language, so that it is checked, planned and explained like one that was written by hand.
public struct Pipeline: Sendable {
  /// What state and transactions are found again by: of a definition the name it gives itself, or
  /// that of its file.
  public var name: String {
    DefinitionCompiler.name(of: SourceFile(path: path, text: definition))
  }
  private var declarations: [String]
  private var functions: [Function] = []
  private var tasks: [String: TaskHandler] = [:]
  /// The definition's file, as messages and imports have it.
  private let path: String
  /// By what was declared under them.
  private var generatedNames: [String: String] = [:]

  public init(_ name: String) {
    declarations = ["pipeline \(Spelling.name(name))"]
    // A name may hold a slash, and is no path for that.
    path = "\(PathName.encoded(name)).raudal"
  }

  /// A definition as text, to which more may be added. `path` stands in messages; paths in the
  /// definition, those of imports too, start from its folder. There need be no file.
  public init(definition: String, path: String) {
    declarations = [definition]
    self.path = path
  }

  /// A definition in a file, to which more may be added.
  /// - Throws: `DefinitionError` where the file can't be read; what is wrong with the definition is
  ///   told when it is compiled.
  public init(contentsOf path: String) throws(DefinitionError) {
    let bytes: [UInt8]
    do {
      bytes = try DefinitionFiles.bytes(of: path)
    } catch {
      throw DefinitionError(message: "can't read \(path): \(error.reason)")
    }
    guard let definition = String(validating: bytes, as: UTF8.self) else {
      throw DefinitionError(message: "can't read \(path): it is not UTF-8 text")
    }
    self.init(definition: definition, path: path)
  }

  /// The definition as it would stand in a file.
  public var definition: String { declarations.joined(separator: "\n\n") + "\n" }

  /// Makes a function of this program known to the definition.
  public mutating func add(_ function: Function) { functions.append(function) }

  /// Makes the calls of a task `using swift` of its name.
  public mutating func add(_ handler: TaskHandler) { tasks[handler.name] = handler }

  /// Declares a source. `eventTime`: the column with the time of the event, which stages that are
  /// about time need; `lateness`: how far its watermark trails the latest time.
  public mutating func source(
    _ name: String, _ columns: [any AnyColumn], from connection: Connection,
    eventTime: Column<Timestamp>? = nil, lateness: Duration = .zero, skippingErrors: Bool = false
  ) -> Stream {
    var options: [(name: String, value: String)] = []
    if let eventTime {
      options.append(("event_time", eventTime.text))
      options.append(("lateness", Spelling.duration(lateness)))
    }
    options.append(("on_error", skippingErrors ? "skip" : "fail"))
    declarations.append(
      "source \(Spelling.name(name)): \(type(columns)) from \(connection.source(options))")
    return Stream(Spelling.name(name))
  }

  /// Declares a table that is read before the first event, found by its key.
  public mutating func table(
    _ name: String, _ columns: [any AnyColumn], key: [any AnyColumn], from connection: Connection
  ) -> Table {
    let keys = key.map { Spelling.name($0.name) }.joined(separator: ", ")
    declarations.append(
      "table \(Spelling.name(name)): \(type(columns)) key \(keys) from \(connection.source())")
    return Table(name: Spelling.name(name))
  }

  /// Names a stream, for sinks, for other streams, and for its further outputs.
  public mutating func stream(_ name: String, _ stream: Stream) -> Stream {
    let body = body(stream)
    declarations.append("stream \(Spelling.name(name)) = \(body)")
    return Stream(Spelling.name(name))
  }

  /// What a declaration says of the stream; what it reads is declared first.
  private mutating func body(_ stream: Stream) -> String {
    var body = text(stream.input)
    for stage in stream.stages { body += "\n  | \(text(stage))" }
    return body
  }

  private mutating func text(_ stage: Stream.Stage) -> String {
    switch stage {
    case .text(let text): return text
    case .union(let others):
      var names: [String] = []
      for other in others { names.append(declared(other)) }
      return "union \(names.joined(separator: ", "))"
    }
  }

  private mutating func text(_ input: Stream.Input) -> String {
    switch input {
    case .named(let name): name
    case .output(let stream, let name): "\(declared(stream)).\(Spelling.name(name))"
    }
  }

  /// How others read the stream: what it is where it has no stages, else the name under which it is
  /// declared for that.
  private mutating func declared(_ stream: Stream) -> String {
    let body = body(stream)
    guard !stream.stages.isEmpty else { return body }
    if let name = generatedNames[body] { return name }
    var number = generatedNames.count + 1
    while definition.contains("unnamed_\(number)") { number += 1 }
    generatedNames[body] = "unnamed_\(number)"
    declarations.append("stream unnamed_\(number) = \(body)")
    return "unnamed_\(number)"
  }

  /// Writes a stream. One with stages that `stream` gave no name is declared as `unnamed_1`,
  /// `unnamed_2`, …; name those whose rows `Run.takeRows` is to take.
  public mutating func sink(_ stream: Stream, to connection: Connection) {
    let name = declared(stream)
    declarations.append("sink \(name) to \(connection.source())")
  }

  /// Any other declaration, as a definition writes it.
  public mutating func declare(_ text: String) { declarations.append(text) }

  /// Checks and plans the pipeline.
  /// - Throws: `DefinitionError` with all that is wrong with it.
  public func compile(settings: [String: String] = [:]) throws(DefinitionError) -> Program {
    for function in functions {
      guard let owner = DefinitionCompiler.owner(ofFunction: function.name) else { continue }
      throw DefinitionError(
        message: "`\(function.name)` is \(owner); take another name")
    }
    let compilation = DefinitionCompiler.compile(
      file: SourceFile(path: path, bytes: Array(definition.utf8)),
      loader: DefinitionFiles(), settings: settings, functions: functions.map(\.foreign.signature),
      constants: .kernels)
    let unknown = compilation.unknownSettings
    guard unknown.isEmpty else {
      throw DefinitionError(message: "there is no param \(unknown.joined(separator: ", "))")
    }
    guard !compilation.isLibrary || compilation.hasErrors else {
      throw DefinitionError(
        message: "\(path) is a library: it holds only types and functions; there is nothing to run")
    }
    guard !compilation.hasErrors, let plan = compilation.physical else {
      throw DefinitionError(
        message: TextRenderer(files: compilation.files).render(compilation.diagnostics))
    }
    for task in plan.tasks where task.kind == TaskCatalogue.swift.name && tasks[task.name] == nil {
      throw DefinitionError(
        message: "task `\(task.name)` is `using swift`, and nothing makes its calls: add a"
          + " `TaskHandler(\"\(task.name)\")`")
    }
    return Program(
      plan: plan, tasks: tasks,
      functions: Dictionary(
        functions.map { ($0.name, $0.foreign) }, uniquingKeysWith: { _, last in last }),
      directory: DefinitionFiles.directory(of: path),
      warnings: TextRenderer(files: compilation.files).render(compilation.warnings))
  }

  private func type(_ columns: [any AnyColumn]) -> String {
    "struct { \(columns.map(\.declaration).joined(separator: ", ")) }"
  }
}

/// What is wrong with a definition.
public struct DefinitionError: Error, CustomStringConvertible {
  /// All messages as `raudal check` prints them.
  public let message: String

  public var description: String { message }
}
