import Foundation
import Testing

/// Commands that read a definition: params, imports, and what they say to programs.
struct LanguageCommandTests {
  private static let definition = """
    pipeline p
    import "shared/types.raudal"
    param least: int
    param kind: string = "view"
    source e: E from file { path: "in.jsonl", on_error: skip }
    stream s = e | where id >= least and name == kind | map { id, twice = twice(id) }
    sink s to file { path: "out" }
    test "twice" {
      given e [ { id: 3, name: "view" }, { id: 1, name: "view" } ]
      expect s [ { id: 3, twice: 6 } ]
    }
    """

  private func place() throws -> Workplace {
    let place = try Workplace()
    try FileManager.default.createDirectory(
      at: place.path("shared"), withIntermediateDirectories: false)
    try place.write("p.raudal", Self.definition)
    try place.write(
      "shared/types.raudal",
      "type E { id: int, name: string }\nfunction twice(n: int): int = n + n\n")
    return place
  }

  private func run(_ words: [String]) throws -> Commands.Result {
    try Commands.run(Commands.raudal, words)
  }

  @Test(arguments: ["check", "explain", "graph", "test"])
  func `every command takes params and imports`(_ command: String) throws {
    let place = try place()
    let file = place.path("p.raudal").path
    let without = try run([command, file])
    #expect(without.status == 1)
    #expect(without.errors.contains("error[E0403]"), "\(without.errors)")
    #expect(try run([command, file, "--set", "least=2"]).status == 0)
    try place.write("params.yaml", "least: 2 # enough\n")
    let params = place.path("params.yaml").path
    let fine = try run([command, file, "--params", params])
    #expect(fine.status == 0, "\(fine.errors)")
    try place.write("params.yaml", "least: 2\nlest: 3\n")
    let unknown = try run([command, file, "--params", params])
    #expect(unknown.status == 2)
    #expect(unknown.errors.contains("params.yaml:2: there is no param `lest`"), "\(unknown.errors)")
    try place.write("params.yaml", "least:\n  - 2\n")
    let list = try run([command, file, "--params", params])
    #expect(list.status == 1)
    #expect(list.errors.contains("params.yaml:2: "), "\(list.errors)")
  }

  @Test func `where more is wrong than is told the last line says so`() throws {
    let place = try Workplace()
    let unused = (0..<25).map { "param p\($0): int = 1\n" }.joined()
    let head = "type E { id: int }\nsource e: E from file { path: \"in\", on_error: skip }\n"
    try place.write("p.raudal", head + unused + "sink e to print\n")
    let file = place.path("p.raudal").path
    let more = "at least 20 warnings; further ones are shown when these are mended"
    let checked = try run(["check", file])
    #expect(checked.status == 0)
    #expect(checked.output.contains("fine, \(more)\n"), "\(checked.output)")
    #expect(try run(["check", file, "--deny-warnings"]).errors.contains(more))
    try place.write("p.raudal", head + "param p: int = 1\nsink e to print\n")
    #expect(try run(["check", file]).output.contains("fine, 1 warning\n"))
  }

  @Test func `the definition that a test upgrades from is looked for before it runs`() throws {
    let place = try Workplace()
    try place.write(
      "p.raudal",
      """
      type E { id: int }
      source e: E from memory { on_error: skip }
      sink e to print
      test "t" {
        then upgrade from "nope.raudal"
        expect e []
      }
      """)
    let file = place.path("p.raudal").path
    for command in ["check", "test"] {
      let result = try run([command, file])
      #expect(result.errors.contains("[W0510]") && result.errors.contains("p.raudal:5:21"))
      #expect(result.status == (command == "check" ? 0 : 1))
    }
  }

  @Test func `a run takes params from a file, and a set value goes before`() throws {
    let place = try place()
    try place.write(
      "in.jsonl", (0..<5).map { #"{"id":\#($0),"name":"view"}"# + "\n" }.joined())
    try place.write("params.yaml", "least: 1\nkind: 'view'\n")
    let result = try place.run([
      "--params", place.path("params.yaml").path, "--set", "least=3", "--stop-at-end",
    ])
    #expect(result.status == 0, "\(result.errors)")
    let lines = try place.lines("out").sorted()
    #expect(lines == [#"{"id":3,"twice":6}"#, #"{"id":4,"twice":8}"#])
  }

  @Test func `a mistake in an imported file is told there`() throws {
    let place = try place()
    try place.write("shared/types.raudal", "type E { id: itn, name: string }\n")
    let result = try run(["check", place.path("p.raudal").path, "--set", "least=1"])
    #expect(result.status == 1)
    #expect(result.errors.contains("shared/types.raudal:1:14"), "\(result.errors)")
    let json = try run([
      "check", place.path("p.raudal").path, "--set", "least=1", "--format", "json",
    ])
    #expect(json.output.contains(#"shared/types.raudal","start":{"offset":13,"line":1"#))
    try FileManager.default.removeItem(at: place.path("shared/types.raudal"))
    let gone = try run(["check", place.path("p.raudal").path, "--set", "least=1"])
    #expect(gone.errors.contains("error[E0120]"), "\(gone.errors)")
    #expect(gone.errors.contains("No such file or directory"), "\(gone.errors)")
  }

  @Test func `a library is checked, and there is nothing of it to run`() throws {
    let place = try place()
    let path = place.path("shared/types.raudal").path
    let fine = try run(["check", path])
    #expect(fine.status == 0, "\(fine.errors)")
    #expect(fine.output == "\(path): fine, a library for other definitions to import\n")
    let json = try run(["check", path, "--format", "json"])
    #expect(json.status == 0)
    #expect(json.output.contains(#""fine":true,"library":true,"#), "\(json.output)")
    for command in ["run", "explain", "graph", "test"] {
      let result = try run([command, path])
      #expect(result.status == 1)
      #expect(result.errors.contains("is a library"), "\(result.errors)")
    }
  }

  @Test func `of a nested value only what is read is decoded, and all of it is checked as JSON`()
    throws
  {
    let place = try Workplace()
    try place.write(
      "p.raudal",
      """
      pipeline p
      type B { c: int, d: int, at: timestamp as epoch_seconds }
      type A { b: B from "B", x: string }
      source e: struct { id: int, a: A? } from file { path: "in.jsonl", on_error: skip }
      stream s = e | where a is not null | map { id, c = a.b.c, at = a.b.at }
      sink s to file { path: "out" }
      test "parts" {
        given e [ { id: 1, a: { b: { c: 2, d: 3, at: "1970-01-01T00:00:05Z" }, x: "y" } } ]
        expect s [ { id: 1, c: 2, at: "1970-01-01T00:00:05Z" } ]
      }
      """)
    try place.write(
      "in.jsonl",
      """
      {"id":1,"a":{"B":{"c":10,"d":"no number","at":5},"x":7}}
      {"id":2,"a":{"x":[{}],"B":{"at":6,"c":20}}}
      {"id":3,"a":{"B":{"c":"no number","d":1,"at":5},"x":"y"}}
      {"id":4,"a":{"B":{"c":40,"d":1,"at":5},"x":nothing}}
      {"id":5,"a":null}
      {"id":6,"a":{"x":"y"}}

      """)
    let result = try place.run(["--stop-at-end"])
    #expect(result.status == 0, "\(result.errors)")
    #expect(
      try place.lines("out").sorted() == [
        #"{"id":1,"c":10,"at":"1970-01-01T00:00:05Z"}"#,
        #"{"id":2,"c":20,"at":"1970-01-01T00:00:06Z"}"#,
      ])
    let test = try run(["test", place.path("p.raudal").path])
    #expect(test.status == 0, "\(test.output)")
  }

  @Test func `only files are imported, whatever else has the name`() throws {
    let place = try place()
    let types = place.path("shared/types.raudal")
    try FileManager.default.removeItem(at: types)
    #expect(mkfifo(types.path, 0o600) == 0)
    let words = ["check", place.path("p.raudal").path, "--set", "least=1"]
    #expect(try run(words).errors.contains("it is a pipe, not a file"))
    try FileManager.default.removeItem(at: types)
    try FileManager.default.createSymbolicLink(
      atPath: types.path, withDestinationPath: "/dev/zero")
    #expect(try run(words).errors.contains("it is a device, not a file"))
    try FileManager.default.removeItem(at: types)
    try FileManager.default.createDirectory(at: types, withIntermediateDirectories: true)
    #expect(try run(words).errors.contains("it is a folder, not a file"))
  }

  @Test func `a code is explained, an unknown one compared with those there are`() throws {
    let page = try run(["explain", "E0203"])
    #expect(page.status == 0)
    #expect(page.output.hasPrefix("E0203: the wrong number of arguments\n"))
    #expect(page.output.contains("Wrong:\n  = lower(name, 1)\n"), "\(page.output)")
    #expect(try run(["explain", "w0302"]).output.hasPrefix("W0302: "))
    let json = try run(["explain", "w0103", "--json"])
    let object = try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any]
    #expect(object?["code"] as? String == "W0103")
    #expect(object?["meaning"] as? String == "a param that nothing names")
    #expect((object?["wrong"] as? String)?.hasPrefix("param least") == true, "\(json.output)")
    let unknown = try run(["explain", "E0293"])
    #expect(unknown.status == 1)
    #expect(unknown.errors.contains("there is no message E0293, did you mean E0"))
  }

  @Test func `plan and state are told to programs, for the load that is named`() throws {
    let place = try place()
    let words = ["explain", place.path("p.raudal").path, "--set", "least=1", "--json"]
    let result = try run(words + ["--physical", "--rate", "e=120000/m", "--keys", "id=50"])
    #expect(result.status == 0, "\(result.errors)")
    let value = try JSONSerialization.jsonObject(with: Data(result.output.utf8))
    let object = try #require(value as? [String: Any])
    let assumed = try #require(object["assumed"] as? [String: Any])
    #expect(assumed["rows_per_second"] as? [String: Int] == ["e": 2_000])
    #expect(assumed["values"] as? [String: Int] == ["id": 50])
    #expect(object["physical"] != nil)
    let wrong = [
      ["--rate", "e=5"], ["--rate", "x=5/s"], ["--rate", "e=-1/s"], ["--keys", "id=0"],
      ["--keys", "id"],
    ]
    for option in wrong {
      #expect(try run(words + option).status == 2, "\(option)")
    }
    let unknown = try run(words + ["--keys", "nome=5"])
    #expect(unknown.status == 2)
    #expect(
      unknown.errors.contains("no column `nome`, did you mean `name`?"), "\(unknown.errors)")
    #expect(unknown.errors.contains("has id, name"), "\(unknown.errors)")
  }

  @Test func `a drawing is an SVG`() throws {
    let place = try place()
    let file = place.path("p.raudal").path
    let svg = try run(["graph", file, "--set", "least=1", "--format", "svg"])
    #expect(svg.output.hasPrefix("<svg xmlns=\"http://www.w3.org/2000/svg\""))
    #expect(svg.output.hasSuffix("</svg>\n"))
    #expect(try run(["graph", file, "--format", "png"]).status == 2)
  }
}
