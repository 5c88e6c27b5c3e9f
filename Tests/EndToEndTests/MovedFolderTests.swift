import Foundation
import Testing

/// A definition whose folder is moved, and that is run from elsewhere, goes on where it was.
struct MovedFolderTests {
  @Test(arguments: ["in/*.jsonl", "in/a.jsonl"], [false, true])
  func `relative files are known wherever the folder lies`(path: String, isParallel: Bool) throws {
    let place = try Workplace()
    let home = place.path("home")
    try FileManager.default.createDirectory(
      at: home.appending(path: "in"), withIntermediateDirectories: true)
    func write(_ folder: URL, _ rows: Range<Int>) throws {
      try Data(Workplace.events(rows).utf8).write(to: folder.appending(path: "in/a.jsonl"))
    }
    let definition = place.definition(named: "moved", follow: true)
      .replacing("in.jsonl\"", with: "\(path)\", parallel: \(isParallel)")
    try Data(definition.utf8).write(to: home.appending(path: "p.raudal"))
    try write(home, 0..<500)
    func start(_ file: String, in folder: URL, _ options: [String] = []) throws -> Child {
      try Child(
        Commands.raudal, ["run", file, "--state", place.path("state").path] + options,
        directory: folder)
    }
    let first = try start("p.raudal", in: home)
    #expect(first.says(" checkpoint 2"), "\(first.errors)")
    first.signal(SIGTERM)
    #expect(first.wait(30).status == 0, "\(first.errors)")
    let moved = place.path("moved")
    try FileManager.default.moveItem(at: home, to: moved)
    try write(moved, 0..<800)
    let second = try start("moved/p.raudal", in: place.folder)
    #expect(second.says(" checkpoint "), "\(second.errors)")
    second.signal(SIGTERM)
    #expect(second.wait(30).status == 0, "\(second.errors)")
    try write(moved, 0..<1_000)
    let last = try start(
      moved.appending(path: "p.raudal").path, in: Commands.root, ["--stop-at-end"]
    ).wait(60)
    #expect(last.status == 0, "\(last.errors)")
    #expect(try place.lines("moved/rows").count == 1_000)
  }
}
