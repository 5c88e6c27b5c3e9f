import Compiler
import Diagnostics
import Foundation
import TestKit
import Testing

/// Edits that come with messages: each mends what it was told with.
@Suite struct FixTests {
  private static let folders = [
    CompilerGoldenTests.broken, CompilerGoldenTests.valid,
    GoldenDirectory("Language/SyntaxErrors"),
  ]

  /// `====` becomes `===`, which is the same mistake again.
  static let cases = folders.flatMap { $0.cases() }.filter { $0.name != "no_follow_on" }

  private func compile(_ golden: GoldenDirectory.Case, _ bytes: [UInt8]) -> Compilation {
    let folder = golden.input.deletingLastPathComponent()
    return DefinitionCompiler.compile(
      file: SourceFile(path: "\(golden.name).raudal", bytes: bytes),
      loader: FolderLoader(folder: folder))
  }

  /// The text with the edits made, the last first.
  private func mended(_ bytes: [UInt8], _ edits: [Edit]) -> [UInt8] {
    var result = bytes
    for edit in edits.sorted(by: { $0.span.start > $1.span.start }) {
      result.replaceSubrange(edit.span.range, with: Array(edit.replacement.utf8))
    }
    return result
  }

  /// Whether the same is still told at the same place, which the edits may have moved.
  private func isStill(
    _ diagnostic: Diagnostic, in compilation: Compilation, after edits: [Edit]
  ) -> Bool {
    let place = diagnostic.primary.span
    let moved = edits.reduce(Int(place.start)) { start, edit in
      guard edit.span.end <= place.start else { return start }
      return start + edit.replacement.utf8.count - edit.span.count
    }
    return compilation.diagnostics.contains {
      $0.code == diagnostic.code && $0.title == diagnostic.title
        && $0.primary.span.file == place.file
        && [Int(place.start), moved].contains(Int($0.primary.span.start))
    }
  }

  @Test(arguments: cases)
  func `The edit of a message takes it away`(_ golden: GoldenDirectory.Case) throws {
    let bytes = try golden.bytes()
    let before = compile(golden, bytes)
    // Behind the messages that are told others would come up.
    if before.isCut { return }
    for diagnostic in before.diagnostics {
      for hint in diagnostic.hints where !hint.edits.isEmpty {
        guard hint.edits.allSatisfy({ $0.span.file == FileID(0) }) else { continue }
        let text = mended(bytes, hint.edits)
        let after = compile(golden, text)
        #expect(
          !isStill(diagnostic, in: after, after: hint.edits),
          """
          \(diagnostic.code) \(diagnostic.title), after \(hint.edits.map(\.replacement)):
          \(String(decoding: text, as: UTF8.self))
          \(TextRenderer(files: after.files).render(after.diagnostics))
          """)
      }
    }
  }

  @Test func `A route that no row takes goes with its words, and what stands around it stays`() {
    let text = """
      type E { id: int }
      source e: E from memory { on_error: skip }
      stream s = e | where id > 1 on_error skip | limit 3 // few
          on_error
          fail
        | where id < 9 on_error dead_letter to print
      sink s to print

      """
    func compile(_ bytes: [UInt8]) -> Compilation {
      DefinitionCompiler.compile(file: SourceFile(path: "p.raudal", bytes: bytes))
    }
    let before = compile(Array(text.utf8))
    #expect(before.diagnostics.map(\.code) == ["W0303", "W0303", "W0303"])
    let edits = before.diagnostics.flatMap(\.hints).flatMap(\.edits)
    let bytes = mended(Array(text.utf8), edits)
    #expect(
      String(decoding: bytes, as: UTF8.self).contains(
        "e | where id > 1 | limit 3 // few\n\n  | where id < 9\nsink"))
    #expect(compile(bytes).diagnostics.isEmpty)
  }

  @Test func `Enough messages come with an edit`() throws {
    var codes: Set<String> = []
    for golden in Self.cases {
      for diagnostic in compile(golden, try golden.bytes()).diagnostics
      where diagnostic.hints.contains(where: { !$0.edits.isEmpty }) {
        codes.insert(diagnostic.code)
      }
    }
    #expect(codes.count >= 35, "\(codes.sorted())")
  }
}
