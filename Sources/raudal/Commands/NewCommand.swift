import ArgumentParser
import Glibc

struct NewCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "new",
    abstract: "Make a working project: a definition, sample data, a test.",
    discussion: """
      Makes the folder NAME with NAME.raudal in it, which can be checked, tested and run at once. \
      Templates:

      \(ProjectTemplate.allCases.map { "  \($0.rawValue): \($0.abstract)" }.joined(separator: "\n"))

      EXAMPLES
        raudal new views
        raudal new takings --template enrichment
      """)

  @Argument(help: "The name of the folder and of the pipeline: letters, digits, - and _.")
  var name: String

  @ArgumentParser.Option(
    help: ArgumentHelp("What the project begins with.", valueName: "TEMPLATE"))
  var template = ProjectTemplate.metrics

  func validate() throws {
    let isFine = name.utf8.allSatisfy { byte in
      (byte | 0x20) &- UInt8(ascii: "a") < 26 || byte &- UInt8(ascii: "0") < 10
        || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
    }
    guard isFine, let first = name.utf8.first, (first | 0x20) &- UInt8(ascii: "a") < 26 else {
      throw ValidationError(
        "a project's name is made of letters, digits, - and _, and begins with a letter, "
          + "not `\(name)`")
    }
  }

  func run() throws {
    guard access(name, F_OK) != 0 else {
      throw CommandFailure("\(name) is there already; give the project another name")
    }
    for folder in [name, "\(name)/data"] where mkdir(folder, 0o777) != 0 {
      throw CommandFailure("can't make \(folder): \(String(cString: strerror(errno)))")
    }
    let pipeline = String(name.map { $0 == "-" ? "_" : $0 })
    for (path, text) in template.files(project: name, pipeline: pipeline) {
      try write(text, to: "\(name)/\(path)")
    }
    let file = "\(name)/\(name).raudal"
    Terminal.write(
      """
      made \(name) from the template \(template.rawValue)
        raudal check \(file)
        raudal test \(file)
        raudal run \(file) --stop-at-end

      """)
  }

  private func write(_ text: String, to path: String) throws {
    let bytes = Array(text.utf8)
    guard let file = fopen(path, "wx") else {
      throw CommandFailure("can't write \(path): \(String(cString: strerror(errno)))")
    }
    let count = fwrite(bytes, 1, bytes.count, file)
    guard fclose(file) == 0, count == bytes.count else {
      throw CommandFailure("can't write \(path): \(String(cString: strerror(errno)))")
    }
  }
}
