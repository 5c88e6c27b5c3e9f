import Embedding
import Foundation
import Testing

/// Definitions that stand in files, with what they import.
struct DefinitionTests {
  /// A folder of its own, with these files in it.
  private final class Folder {
    let path: String

    init(_ files: [String: String]) throws {
      let url = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
      path = url.path
      for (name, text) in files {
        let file = url.appending(path: name)
        try FileManager.default.createDirectory(
          at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try text.write(to: file, atomically: true, encoding: .utf8)
      }
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
  }

  private static let text = """
    import "../shared/types.raudal"
    table shops: Shop key id from file { path: "shops.csv", format: csv }
    source orders: Order from memory { on_error: fail }
    stream out = orders | enrich shops on shop as s | map { id, name = loud(s.name ?? "none") }
    sink out to memory

    """

  private static let files = [
    "jobs/takings.raudal": text, "jobs/shops.csv": "id,name\n7,corner\n",
    "shared/types.raudal": """
    import "deep/loud.raudal"
    type Shop { id: int, name: string }
    type Order { id: int, shop: int }
    """,
    "shared/deep/loud.raudal": "function loud(t: string): string = upper(t)\n",
  ]

  private func names(_ pipeline: Pipeline) throws -> [String?] {
    let run = try pipeline.compile().start()
    try run.send(
      [
        Row {
          $0[Column<Int>("id")] = 1
          $0[Column<Int>("shop")] = 7
        }
      ], to: "orders")
    run.finish("orders")
    #expect(run.wait() == .finished)
    return run.takeRows(of: "out").map { $0[Column<String>("name")] }
  }

  @Test func `imports and files are found from the folder of the definition`() throws {
    let folder = try Folder(Self.files)
    let path = "\(folder.path)/jobs/takings.raudal"
    let loaded = try Pipeline(contentsOf: path)
    #expect(loaded.name == "takings")
    #expect(try names(loaded) == ["CORNER"])
    let given = Pipeline(definition: Self.text, path: "\(folder.path)/jobs/not_there.raudal")
    #expect(given.name == "not_there")
    #expect(try names(given) == ["CORNER"])
  }

  @Test func `a definition is called what it calls itself`() {
    var pipeline = Pipeline(definition: "/// Some.\npipeline `odd name`\n", path: "jobs/p.raudal")
    #expect(pipeline.name == "odd name")
    #expect(Pipeline("a/b").name == "a/b")
    pipeline = Pipeline(definition: "", path: "jobs/p.raudal")
    #expect(pipeline.name == "p")
    pipeline.declare("pipeline late")
    #expect(pipeline.name == "late")
  }

  @Test func `what is wrong with an import is told as the commands tell it`() throws {
    var files = Self.files
    files["shared/deep/loud.raudal"] = nil
    let folder = try Folder(files)
    let path = "\(folder.path)/jobs/takings.raudal"
    func message() throws -> String {
      let pipeline = try Pipeline(contentsOf: path)
      return #expect(throws: DefinitionError.self) { try pipeline.compile() }?.message ?? ""
    }
    var told = try message()
    #expect(told.contains("error[E0120]"), "\(told)")
    #expect(told.contains("shared/types.raudal:1:8"), "\(told)")
    #expect(told.contains("No such file or directory"), "\(told)")
    let gone = "\(folder.path)/shared/deep/loud.raudal"
    try FileManager.default.createDirectory(atPath: gone, withIntermediateDirectories: true)
    told = try message()
    #expect(told.contains("it is a folder, not a file"), "\(told)")
    try FileManager.default.removeItem(atPath: gone)
    try "function loud(t: string): int = upper(t)\n".write(
      toFile: gone, atomically: true, encoding: .utf8)
    told = try message()
    #expect(told.contains("shared/deep/loud.raudal:1:"), "\(told)")
  }

  @Test func `a library does not run`() throws {
    let pipeline = Pipeline(definition: "type E { id: int }\n", path: "types.raudal")
    let error = #expect(throws: DefinitionError.self) { try pipeline.compile() }
    #expect(error?.message.contains("is a library") == true)
  }

  @Test func `a file that can't be read is told with the reason`() throws {
    let folder = try Folder([:])
    let path = "\(folder.path)/none.raudal"
    let error = #expect(throws: DefinitionError.self) { try Pipeline(contentsOf: path) }
    #expect(error?.message == "can't read \(path): No such file or directory")
    try FileManager.default.createDirectory(atPath: folder.path, withIntermediateDirectories: true)
    try Data([0x61, 0xFF]).write(to: URL(filePath: path))
    let broken = #expect(throws: DefinitionError.self) { try Pipeline(contentsOf: path) }
    #expect(broken?.message.contains("UTF-8") == true)
  }
}
