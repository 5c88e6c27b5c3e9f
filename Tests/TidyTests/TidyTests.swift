import Foundation
import Testing

/// Style and architecture as tests: what a reader of the project may rely on.
struct TidyTests {
  static let root = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// Files that may be longer than the limit, each with its reason.
  static let longFiles: [String: String] = [:]

  struct SourceFile {
    var path: String
    var lines: [Substring]
    var room: String { String(path.split(separator: "/")[1]) }
  }

  static func files(below folder: String, endings: Set<String> = ["swift"]) -> [SourceFile] {
    let base = root.appending(path: folder)
    guard let walk = FileManager.default.enumerator(at: base, includingPropertiesForKeys: nil)
    else { return [] }
    return walk.compactMap { $0 as? URL }
      .filter { endings.contains($0.pathExtension) }
      .compactMap { url in
        guard let text = try? String(contentsOf: url, encoding: .utf8) else { return nil }
        let path = String(url.path.dropFirst(root.path.count + 1))
        return SourceFile(
          path: path, lines: text.split(separator: "\n", omittingEmptySubsequences: false))
      }
      .sorted { $0.path < $1.path }
  }

  static var allFiles: [SourceFile] {
    files(below: "Sources") + files(below: "Tests") + files(below: "Benchmarks")
  }

  @Test func `a file holds one idea and at most 400 lines`() {
    let long = Self.allFiles.filter { $0.lines.count > 401 && Self.longFiles[$0.path] == nil }
    #expect(long.map { "\($0.path): \($0.lines.count)" } == [])
  }

  @Test func `a line has at most 100 columns`() {
    var wide: [String] = []
    for file in Self.files(below: "Sources") {
      for (number, line) in file.lines.enumerated()
      where line.utf8.count > 100 && line.count > 100 && !line.contains("http") {
        wide.append("\(file.path):\(number + 1)")
      }
    }
    #expect(wide == [])
  }

  @Test func `a room imports what the manifest lists and nothing else`() throws {
    let manifest = try String(
      contentsOf: Self.root.appending(path: "Package.swift"), encoding: .utf8)
    let rooms = Self.rooms(in: manifest)
    #expect(rooms.count >= 18)
    let toolchain: Set<Substring> = [
      "Swift", "Synchronization", "Glibc", "FoundationEssentials", "ArgumentParser",
    ]
    var wrong: [String] = []
    for file in Self.files(below: "Sources") {
      guard let allowed = rooms[file.room] else { continue }
      for line in file.lines {
        guard let module = Self.importedModule(line) else { continue }
        if !allowed.contains(String(module)) && !toolchain.contains(module) {
          wrong.append("\(file.path) imports \(module)")
        }
      }
    }
    #expect(wrong == [])
  }

  @Test func `Foundation stays out of the sources`() {
    let users = Self.files(below: "Sources").filter { file in
      file.lines.contains { Self.importedModule($0) == "Foundation" }
    }
    #expect(users.map(\.path) == [])
  }

  @Test func `pointers are used only where it is the room's job`() throws {
    let manifest = try String(
      contentsOf: Self.root.appending(path: "Package.swift"), encoding: .utf8)
    let byTrade = Set(
      manifest.matches(of: /room\(\s*"(\w+)"[^)]*?unsafeByTrade\)/).map { String($0.1) })
    #expect(byTrade.contains("Columns"))
    let marked = Self.files(below: "Sources").filter { file in
      !byTrade.contains(file.room) && file.room != "raudal"
        && file.lines.contains { $0.contains("unsafe ") && !$0.contains("//") }
    }
    #expect(marked.map(\.path) == [])
  }

  /// Operators that keep no rows and no keys: how far time is, or a count.
  static let keepersOfNothing: Set<String> = ["LimitOperator", "PunctualOperator"]

  @Test func `an operator that keeps state says what waits in it`() {
    var keepers: Set<String> = []
    var telling: Set<String> = []
    for file in Self.files(below: "Sources/Operators") {
      let text = file.lines.joined(separator: "\n")
      for match in text.matches(of: /extension (\w+): WaitingOperator/) {
        telling.insert(String(match.1))
      }
      guard text.contains("var states: [StateDeclaration] {"),
        let name = text.firstMatch(of: /final class (\w+Operator):/)
      else { continue }
      keepers.insert(String(name.1))
    }
    #expect(keepers.count > 20)
    #expect(keepers.subtracting(telling) == Self.keepersOfNothing)
  }

  @Test func `nothing is left for later in a comment`() {
    let words = ["TO" + "DO", "FIX" + "ME", "XX" + "X:", "HA" + "CK"]
    var found: [String] = []
    for file in Self.allFiles {
      for (number, line) in file.lines.enumerated() where words.contains(where: line.contains) {
        found.append("\(file.path):\(number + 1)")
      }
    }
    #expect(found == [])
  }

  @Test func `no place has a name that says nothing`() {
    let empty = ["Core", "Common", "Utils", "Util", "Helpers", "Helper", "Manager", "Impl", "Misc"]
    let named = Self.allFiles.filter { file in
      let parts = file.path.split(separator: "/").map { $0.split(separator: ".")[0] }
      return parts.contains { part in empty.contains { part == $0 || part.hasSuffix($0) } }
    }
    #expect(named.map(\.path) == [])
  }

  /// Room → what it may import, read from the manifest's `room(…)` calls.
  static func rooms(in manifest: String) -> [String: Set<String>] {
    var rooms: [String: Set<String>] = [:]
    for match in manifest.matches(of: /room\(\s*"(\w+)"(?:,\s*\[([^\]]*)\])?/) {
      let names = (match.2 ?? "").matches(of: /"(\w+)"/).map { String($0.1) }
      rooms[String(match.1)] = Set(names)
    }
    return rooms
  }

  static func importedModule(_ line: Substring) -> Substring? {
    // Most lines begin otherwise, and a regex costs.
    guard let first = line.utf8.first, "ipa@".utf8.contains(first) else { return nil }
    return line.firstMatch(
      of:
        /^(?:public |package |internal |private |@testable )*import (?:struct |class |enum |func )?(\w+)/
    )?.1
  }
}
