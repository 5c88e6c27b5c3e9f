import ArgumentParser
import Compiler
import Connectors
import Diagnostics
import Engine
import Expressions
import Plans
import Platform

/// The definition file that most commands take, and its parameters.
struct DefinitionOptions: ParsableArguments {
  @Argument(help: "The definition file.", completion: .definition)
  var file: String

  @ArgumentParser.Option(
    name: .customLong("set"),
    help: ArgumentHelp("Gives a parameter another value.", valueName: "NAME=VALUE"))
  var settings: [String] = []

  @ArgumentParser.Option(
    name: .customLong("params"),
    help: ArgumentHelp(
      "Gives parameters their values from a file of lines `name: value` (YAML); --set goes before.",
      valueName: "FILE"))
  var parameterFile: String?

  /// Compiles the file and prints what the compiler has to say.
  /// - Throws: `CommandFailure` where the file can't be read or has mistakes, or is a library, of
  ///   which there is no plan.
  func compile() throws -> Compilation {
    let compilation = try compileAny()
    guard !compilation.isLibrary else {
      throw CommandFailure(
        "\(file) is a library: it holds only types and functions, which other definitions"
          + " `import`; there is nothing to run")
    }
    return compilation
  }

  /// The same of a library too.
  func compileAny() throws -> Compilation {
    let compilation = try compileSilently()
    if !compilation.diagnostics.isEmpty {
      let renderer = TextRenderer(
        files: compilation.files, isColoured: Terminal.wantsColour)
      Terminal.writeError(renderer.render(compilation.diagnostics) + "\n")
    }
    try refuseMistakes(compilation)
    return compilation
  }

  /// Compiles the file and leaves it to the caller what to make of what is wrong with it.
  func compileSilently() throws -> Compilation {
    let parameters = try readParameters()
    let settings = try parsedSettings()
    let compilation = DefinitionCompiler.compile(
      file: SourceFile(path: file, bytes: try readFile(file)), loader: DefinitionFiles(),
      settings: settings, parameters: parameters, constants: .kernels,
      models: BuiltInConnectors.models.check(resolver: .process, directory: directory))
    if let name = compilation.unknownSettings.first {
      let origin = settings[name] == nil ? parameters.settings[name]?.origin : nil
      try refuseUnknown(name, origin ?? "--set", compilation)
    }
    return compilation
  }

  private func readParameters() throws -> ParameterFile {
    guard let parameterFile else { return ParameterFile() }
    let bytes = try readFile(parameterFile)
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw CommandFailure("\(parameterFile): it is not UTF-8 text")
    }
    do {
      return try ParameterFile(text, path: parameterFile)
    } catch {
      throw CommandFailure("\(parameterFile):\(error.line): \(error.reason)")
    }
  }

  func refuseMistakes(_ compilation: Compilation) throws {
    let mistakes = compilation.diagnostics.filter { $0.severity == .error }.count
    guard mistakes > 0 || compilation.physical == nil && !compilation.isLibrary else { return }
    let isUsage =
      mistakes > 0
      && compilation.diagnostics.allSatisfy {
        $0.severity != .error || $0.isUsage
      }
    let count = Self.text(mistakes, "mistake", isCut: compilation.isCut)
    throw CommandFailure("\(file) has \(count)", status: isUsage ? 2 : 1)
  }

  /// `2 mistakes`; where there are more than are shown, it says so.
  static func text(_ count: Int, _ noun: String, isCut: Bool) -> String {
    isCut
      ? "at least \(count) \(noun)s; further ones are shown when these are mended"
      : Terminal.counted(count, noun)
  }

  /// A param that is set and not declared is a mistake of the command line. In a file that can't be
  /// read whole its declaration may be what is broken.
  private func refuseUnknown(
    _ name: String, _ origin: String, _ compilation: Compilation
  ) throws {
    guard !compilation.hasSyntaxErrors else { return }
    let known = compilation.parameters.map(\.name)
    let meant = nearestWord(to: name, among: known).map { ", did you mean `\($0)`?" } ?? ""
    let all = known.isEmpty ? "has none" : "has: \(known.joined(separator: ", "))"
    throw CommandFailure.usage("\(origin): there is no param `\(name)`\(meant); \(file) \(all)")
  }

  /// The folder that relative paths in the definition start from.
  var directory: String { DefinitionFiles.directory(of: file) }

  func parsedSettings() throws -> [String: String] {
    var values: [String: String] = [:]
    for setting in settings {
      guard let equals = setting.firstIndex(of: "="), equals != setting.startIndex else {
        throw CommandFailure.usage("--set takes name=value, not `\(setting)`")
      }
      values[String(setting[..<equals])] = String(setting[setting.index(after: equals)...])
    }
    return values
  }
}

extension CompletionKind {
  static var definition: CompletionKind { .file(extensions: ["raudal"]) }
}

/// The bytes of a file the user named.
func readFile(_ path: String) throws -> [UInt8] {
  do {
    return try DefinitionFiles.bytes(of: path)
  } catch {
    throw CommandFailure("can't read \(path): \(error.reason)")
  }
}
