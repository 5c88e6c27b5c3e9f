import Foundation
import TestKit
import Testing

/// `Documentation/diagnostics.md` lists every code that the sources hold, and no other.
@Suite struct DiagnosticPageTests {
  @Test func `Every code has its line on the page of diagnostics, and no code has gone`() throws {
    let page = Page("Documentation/diagnostics.md")
    let listed = Set(page.text.split(separator: "\n").compactMap(code(ofRow:)))
    let known = try codesInSources()
    #expect(known.count > 60)
    #expect(known.subtracting(listed) == [], "not on the page")
    #expect(listed.subtracting(known) == [], "on the page, but no source reports it")
  }

  private func code(ofRow line: Substring) -> String? {
    guard line.hasPrefix("| `") else { return nil }
    let code = line.dropFirst(3).prefix(5)
    return isCode(code) ? String(code) : nil
  }

  private func isCode(_ text: Substring) -> Bool {
    guard text.count == 5, let first = text.first, first == "E" || first == "W" else {
      return false
    }
    return text.dropFirst().allSatisfy(\.isNumber)
  }

  /// Codes stand in the sources as texts of their own: `"E0203"`.
  private func codesInSources() throws -> Set<String> {
    var codes: Set<String> = []
    for room in ["Syntax", "Semantics", "Compiler"] {
      let folder = Page("Sources/\(room)").url
      let files = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)
      while let file = files?.nextObject() as? URL {
        guard file.pathExtension == "swift" else { continue }
        let text = try String(contentsOf: file, encoding: .utf8)
        for piece in text.split(separator: "\"", omittingEmptySubsequences: false)
        where isCode(piece) {
          codes.insert(String(piece))
        }
      }
    }
    return codes
  }
}
