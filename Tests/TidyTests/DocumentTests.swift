import Foundation
import Testing

/// The pages that a reader steers by, held against what they speak of.
struct DocumentTests {
  static func page(_ path: String) throws -> String {
    try String(contentsOf: TidyTests.root.appending(path: path), encoding: .utf8)
  }

  @Test func `the table of rooms has a line for each target of the sources`() throws {
    let page = try Self.page("ARCHITECTURE.md")
    let table =
      page.components(separatedBy: "## The rooms").dropFirst().first?
      .components(separatedBy: "\n## ").first ?? ""
    var listed: Set<String> = []
    for line in table.split(separator: "\n") where line.hasPrefix("| `") {
      let cell = line.dropFirst().prefix { $0 != "|" }
      listed.formUnion(cell.matches(of: /`(\w+)`/).map { String($0.1) })
    }
    let manifest = try Self.page("Package.swift")
    let sources = manifest.matches(of: /path: "Sources\/(\w+)"/).map { String($0.1) }
    let rooms = Set(sources).union(TidyTests.rooms(in: manifest).keys)
    #expect(rooms.count >= 25)
    #expect(rooms.subtracting(listed).sorted() == [])
    let support = manifest.matches(of: /name: "(\w+)"/).map { String($0.1) }
    #expect(listed.subtracting(rooms).subtracting(support).sorted() == [])
  }

  @Test func `every folder of the sources is a target`() throws {
    let manifest = try Self.page("Package.swift")
    let folders = try FileManager.default.contentsOfDirectory(
      atPath: TidyTests.root.appending(path: "Sources").path)
    let targets = Set(
      manifest.matches(of: /path: "Sources\/(\w+)"/).map { String($0.1) }
        + TidyTests.rooms(in: manifest).keys)
    #expect(Set(folders.filter { !$0.hasPrefix(".") }).symmetricDifference(targets).sorted() == [])
  }

  @Test(.enabled(if: DocumentTests.exists("Documentation/diagnostics.md")))
  func `every code of a message stands in the page of messages`() throws {
    let page = try Self.page("Documentation/diagnostics.md")
    let documented = Set(page.matches(of: /`([EW]0\d{3})`/).map { String($0.1) })
    var codes: Set<String> = []
    for file in TidyTests.files(below: "Sources") {
      for line in file.lines where line.utf8.contains(UInt8(ascii: "\"")) {
        codes.formUnion(line.matches(of: /"([EW]0\d{3})"/).map { String($0.1) })
      }
    }
    #expect(codes.count > 100)
    #expect(codes.subtracting(documented).sorted() == [])
    #expect(documented.subtracting(codes).sorted() == [])
  }

  static func exists(_ path: String) -> Bool {
    FileManager.default.fileExists(atPath: TidyTests.root.appending(path: path).path)
  }
}
