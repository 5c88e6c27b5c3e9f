import Compiler
import Diagnostics
import Foundation
import Testing

@Suite struct ImportTests {
  private func compile(_ text: String, _ files: [String: String]) -> Compilation {
    DefinitionCompiler.compile(
      file: SourceFile(path: "jobs/p.raudal", text: text), loader: TextLoader(texts: files))
  }

  private static let rest = "source e: E from memory\nsink e to print\n"

  @Test func `Paths are relative to the file that imports, and a file is read once`() {
    let compilation = compile(
      "import \"../shared/a.raudal\"\nimport \"./../shared/./b.raudal\"\n" + Self.rest,
      [
        "shared/a.raudal": "import \"b.raudal\"\nimport \"deep/c.raudal\"\ntype E { id: B }",
        "shared/b.raudal": "type B { id: int }",
        "shared/deep/c.raudal": "import \"../b.raudal\"\ntype C { id: int }",
      ])
    // `E` holds a record, which is told in the imported file; that it was found is what counts.
    #expect(
      compilation.files.map(\.path).sorted() == [
        "jobs/p.raudal", "shared/a.raudal", "shared/b.raudal", "shared/deep/c.raudal",
      ])
    #expect(!compilation.diagnostics.contains { ["E0103", "E0105", "E0120"].contains($0.code) })
  }

  @Test func `An absolute path is taken as it is`() {
    let compilation = compile(
      "import \"/lib/../lib/a.raudal\"\n" + Self.rest, ["/lib/a.raudal": "type E { id: int }"])
    #expect(compilation.diagnostics.isEmpty)
    #expect(compilation.physical != nil)
  }

  @Test func `A link that leads in a circle ends at the limit`() {
    // Each file is another path to the same text.
    struct Endless: SourceLoader {
      func load(_ path: String) throws(SourceLoadFailure) -> [UInt8] {
        Array("import \"d/a.raudal\"\ntype T\(path.utf8.count) { id: int }\n".utf8)
      }
    }
    let compilation = DefinitionCompiler.compile(
      file: SourceFile(path: "p.raudal", text: "import \"a.raudal\"\n" + Self.rest),
      loader: Endless())
    #expect(compilation.diagnostics.map(\.code) == ["E0123"])
    #expect(compilation.files.count == 101)
  }

  @Test func `Spans of imported files name them for programs`() throws {
    let compilation = compile(
      "import \"a.raudal\"\n" + Self.rest, ["jobs/a.raudal": "type E { id: itn }\n"])
    let json = CheckReport(compilation).json
    let object = try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any]
    let messages = try #require(object?["diagnostics"] as? [[String: Any]])
    let primary = try #require(messages.first?["primary"] as? [String: Any])
    #expect(primary["file"] as? String == "jobs/a.raudal")
    #expect((primary["start"] as? [String: Any])?["line"] as? Int == 1)
    let hints = try #require(messages.first?["hints"] as? [[String: Any]])
    let edits = try #require(hints.first?["edits"] as? [[String: Any]])
    #expect(edits.first?["file"] as? String == "jobs/a.raudal")
    #expect(edits.first?["replacement"] as? String == "int")
  }

  @Test func `An imported type is no part of the plan but through its columns`() {
    let imported = compile(
      "pipeline p\nimport \"a.raudal\"\nsource e: E from memory { on_error: skip }\n"
        + "stream s = e | map { x = twice(id) }\nsink s to print\n",
      ["jobs/a.raudal": "type E { id: int }\nfunction twice(n: int): int = n + n\n"])
    let whole = compile(
      "pipeline p\ntype E { id: int }\nsource e: E from memory { on_error: skip }\n"
        + "stream s = e | map { x = id + id }\nsink s to print\n", [:])
    #expect(imported.physical != nil)
    #expect(imported.physical == whole.physical)
  }

  @Test func `A file of types and functions alone is a library, and checked as one`() {
    let files = ["jobs/a.raudal": "type B { id: int }\n"]
    let library = "import \"a.raudal\"\ntype E { b: B }\nfunction twice(n: int): int = n + n\n"
    let fine = compile(library, files)
    #expect(fine.isLibrary)
    #expect(fine.diagnostics.isEmpty)
    #expect(fine.physical == nil)
    #expect(compile("import \"a.raudal\"\n", files).diagnostics.isEmpty)
    let wrong = compile(library.replacing("n + n", with: "n + m"), files)
    #expect(wrong.diagnostics.map(\.code) == ["E0102"])
    for (more, code) in [("pipeline p\n", "E0313"), ("param n: int = 1\n", "E0313")] {
      let pipeline = compile(library + more, files)
      #expect(!pipeline.isLibrary)
      #expect(pipeline.diagnostics.map(\.code) == [code])
    }
    #expect(compile("", [:]).diagnostics.map(\.code) == ["E0313"])
  }
}
