import ArgumentParser
import Diagnostics
import Glibc
import Syntax

struct FormatCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fmt",
    abstract: "Give definitions their one layout.",
    discussion: """
      Writes each file anew if its layout differs; the meaning and all comments stay. A file with \
      mistakes of form is not touched: they are told, and the exit status is 1. `-` formats \
      standard input to standard output.

      EXAMPLES
        raudal fmt my.raudal
        raudal fmt --check Pipelines/*.raudal
        raudal fmt - < my.raudal
      """)

  @Argument(help: "The definition files, or - for standard input.", completion: .definition)
  var files: [String]

  @Flag(help: "Writes nothing: lists the files whose layout differs, and exits with status 1.")
  var check = false

  func run() throws {
    var isFine = true
    for file in files where try !isDone(file) { isFine = false }
    if !isFine { throw ExitCode(1) }
  }

  /// Whether the file is, or has become, as it ought to be.
  private func isDone(_ path: String) throws -> Bool {
    let isInput = path == "-"
    let bytes = try readFile(isInput ? "/dev/stdin" : path)
    let file = SourceFile(path: isInput ? "standard input" : path, bytes: bytes)
    let (tree, diagnostics) = Parser.parse(file)
    guard diagnostics.isEmpty else {
      let renderer = TextRenderer(files: [file], isColoured: Terminal.wantsColour)
      Terminal.writeError(renderer.render(diagnostics) + "\n")
      return false
    }
    let text = DefinitionFormatter.format(tree)
    let isSame = text.utf8.elementsEqual(bytes)
    if check {
      if !isSame { Terminal.write("\(file.path)\n") }
      return isSame
    }
    if isInput {
      Terminal.write(text)
    } else if !isSame {
      try replaceFile(path, with: Array(text.utf8))
    }
    return true
  }
}

/// Writes a file beside it and puts that in its place, so that no crash leaves half of it. The
/// permissions stay; of a link the file it leads to is replaced.
func replaceFile(_ path: String, with bytes: [UInt8]) throws {
  func fail() -> CommandFailure {
    CommandFailure("can't write \(path): \(String(cString: strerror(errno)))")
  }
  guard let resolved = realpath(path, nil) else { throw fail() }
  let target = String(cString: resolved)
  free(resolved)
  var status = stat()
  guard stat(target, &status) == 0 else { throw fail() }
  let temporary = "\(target).\(getpid()).new"
  guard let file = fopen(temporary, "wx") else { throw fail() }
  let count = fwrite(bytes, 1, bytes.count, file)
  let isWritten = count == bytes.count && fchmod(fileno(file), status.st_mode & 0o7777) == 0
  guard fclose(file) == 0, isWritten, rename(temporary, target) == 0 else {
    let failure = fail()
    unlink(temporary)
    throw failure
  }
}
