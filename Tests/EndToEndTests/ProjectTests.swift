import Foundation
import Testing

/// `raudal new` and `raudal completions` as a user runs them.
struct ProjectTests {
  private func raudal(_ arguments: [String], in place: Workplace) throws -> Commands.Result {
    try Commands.run(Commands.raudal, arguments, directory: place.folder)
  }

  @Test(arguments: ["metrics", "enrichment", "cleaning"])
  func `a new project is checked, laid out, tested and run`(template: String) throws {
    let place = try Workplace()
    let made = try raudal(["new", "my-project", "--template", template], in: place)
    #expect(made.status == 0, "\(made.errors)")
    let file = "my-project/my-project.raudal"
    #expect(made.output.contains("raudal run \(file)"))
    for command in [
      ["check", file, "--deny-warnings"], ["fmt", "--check", file], ["test", file],
      ["run", file, "--stop-at-end"],
    ] {
      let result = try raudal(command, in: place)
      #expect(result.status == 0, "\(command): \(result.output)\(result.errors)")
    }
    let project = place.path("my-project")
    let text = try String(contentsOf: place.path(file), encoding: .utf8)
    #expect(text.contains("pipeline my_project\n"))
    let output = try FileManager.default.contentsOfDirectory(
      atPath: project.appending(path: "output").path)
    #expect(!output.isEmpty)
    let ignored = try String(
      contentsOf: project.appending(path: ".gitignore"), encoding: .utf8)
    #expect(ignored.contains("output/"))
    let page = try String(contentsOf: project.appending(path: "README.md"), encoding: .utf8)
    #expect(page.hasPrefix("# my-project\n"))
  }

  @Test func `what is there is not overwritten and a name that is none is refused`() throws {
    let place = try Workplace()
    try place.write("taken", "kept")
    let taken = try raudal(["new", "taken"], in: place)
    #expect(taken.status == 1)
    #expect(taken.errors.contains("is there already"), "\(taken.errors)")
    for name in ["a/b", "9a", "", "ä"] {
      let refused = try raudal(["new", name], in: place)
      #expect(refused.status == 2, "\(name): \(refused.errors)")
    }
    let unknown = try raudal(["new", "a", "--template", "none"], in: place)
    #expect(unknown.status == 2)
    #expect(unknown.errors.contains("metrics"), "\(unknown.errors)")
  }

  @Test func `bash completes commands and definition files`() throws {
    let place = try Workplace()
    try place.write("views.raudal", "")
    try place.write("views.txt", "")
    let script = #"""
      source <("$RAUDAL" completions bash)
      complete -p raudal
      COMP_WORDS=(raudal ch); COMP_CWORD=1; _raudal raudal ch raudal; echo "${COMPREPLY[@]}"
      COMP_WORDS=(raudal fmt vi); COMP_CWORD=2; _raudal raudal vi fmt; echo "${COMPREPLY[@]}"
      """#
    let result = try Commands.run(
      URL(filePath: "/bin/bash"), ["-c", script],
      environment: ["RAUDAL": Commands.raudal.path], directory: place.folder)
    let lines = result.output.split(separator: "\n").map(String.init)
    #expect(lines.count == 3, "\(result.output)\(result.errors)")
    #expect(lines.dropFirst().first?.contains("check") == true, "\(result.output)")
    #expect(lines.last?.contains("views.raudal") == true, "\(result.output)")
    #expect(lines.last?.contains("views.txt") == false, "\(result.output)")
  }

  @Test(arguments: ["bash", "zsh", "fish"])
  func `each shell gets a script that names all commands`(shell: String) throws {
    let place = try Workplace()
    let result = try raudal(["completions", shell], in: place)
    #expect(result.status == 0)
    for command in ["check", "fmt", "new", "run", "completions"] {
      #expect(result.output.contains(command))
    }
  }
}
