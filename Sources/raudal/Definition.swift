import ArgumentParser
import Compiler
import Diagnostics
import Glibc
import Plans

/// The definition file that most commands take, and its parameters.
struct DefinitionOptions: ParsableArguments {
  @Argument(help: "The definition file.")
  var file: String

  @ArgumentParser.Option(
    name: .customLong("set"),
    help: ArgumentHelp("Gives a parameter another value.", valueName: "NAME=VALUE"))
  var settings: [String] = []

  /// Compiles the file and prints what the compiler has to say.
  /// - Throws: `CommandFailure` where the file can't be read or has mistakes.
  func compile() throws -> Compilation {
    let compilation = try compileSilently()
    if !compilation.diagnostics.isEmpty {
      let renderer = TextRenderer(files: [compilation.file], isColoured: Terminal.wantsColour)
      Terminal.writeError(renderer.render(compilation.diagnostics) + "\n")
    }
    try refuseMistakes(compilation)
    return compilation
  }

  /// Compiles the file and leaves it to the caller what to make of what is wrong with it.
  func compileSilently() throws -> Compilation {
    let compilation = DefinitionCompiler.compile(
      file: SourceFile(path: file, bytes: try readFile(file)), settings: try parsedSettings())
    try refuseUnknownSettings(compilation)
    return compilation
  }

  func refuseMistakes(_ compilation: Compilation) throws {
    let mistakes = compilation.diagnostics.filter { $0.severity == .error }.count
    guard mistakes > 0 || compilation.physical == nil else { return }
    throw CommandFailure("\(file) has \(Self.text(mistakes, isCut: compilation.isCut))")
  }

  /// `2 mistakes`; where there are more than are shown, it says so.
  static func text(_ mistakes: Int, isCut: Bool) -> String {
    isCut
      ? "at least \(mistakes) mistakes; further ones are shown when these are mended"
      : "\(mistakes) mistake\(mistakes == 1 ? "" : "s")"
  }

  /// A param that is set and not declared is a mistake of the command line. In a file that can't be
  /// read whole its declaration may be what is broken.
  func refuseUnknownSettings(_ compilation: Compilation) throws {
    guard let name = compilation.unknownSettings.first, !compilation.hasSyntaxErrors else { return }
    let known = compilation.parameters.map(\.name)
    let meant = nearestWord(to: name, among: known).map { ", did you mean `\($0)`?" } ?? ""
    let all = known.isEmpty ? "has none" : "has: \(known.joined(separator: ", "))"
    throw CommandFailure.usage("--set: there is no param `\(name)`\(meant); \(file) \(all)")
  }

  /// The folder that relative paths in the definition start from.
  var directory: String {
    file.lastIndex(of: "/").map { $0 == file.startIndex ? "/" : String(file[..<$0]) } ?? "."
  }

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

/// The bytes of a file the user named.
func readFile(_ path: String) throws -> [UInt8] {
  guard let file = fopen(path, "rb") else {
    throw CommandFailure("can't read \(path): \(String(cString: strerror(errno)))")
  }
  defer { fclose(file) }
  var bytes: [UInt8] = []
  var buffer = [UInt8](repeating: 0, count: 1 << 16)
  while true {
    let count = fread(&buffer, 1, buffer.count, file)
    if count == 0 { break }
    bytes += buffer[..<count]
  }
  guard ferror(file) == 0 else {
    throw CommandFailure("can't read \(path): \(String(cString: strerror(errno)))")
  }
  return bytes
}
