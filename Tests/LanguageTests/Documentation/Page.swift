import Foundation
import TestKit

/// A page of the documentation: its examples, and its parts that are made from the code.
struct Page {
  let url: URL
  let text: String

  /// A path below the project's folder.
  init(_ path: String) {
    let tests = GoldenDirectory("").url.deletingLastPathComponent().deletingLastPathComponent()
    url = tests.appendingPathComponent(path)
    text = (try? String(contentsOf: url, encoding: .utf8)) ?? ""
  }

  private var lines: [Substring] { text.split(separator: "\n", omittingEmptySubsequences: false) }

  /// The fenced examples of that kind, with the line they begin on.
  func examples(_ kind: String) -> [(line: Int, text: String)] {
    var examples: [(line: Int, text: String)] = []
    var fence: String?
    for (number, line) in lines.enumerated() {
      if line.hasPrefix("```") {
        fence = fence == nil ? String(line.dropFirst(3)) : nil
        if fence == kind { examples.append((number + 2, "")) }
      } else if fence == kind {
        examples[examples.count - 1].text += line + "\n"
      }
    }
    return examples
  }

  /// Names of the parts between `<!-- begin NAME -->` and `<!-- end -->`.
  var partNames: [String] { lines.compactMap(Self.partName) }

  /// The page with these parts anew. What is not in `parts` stays.
  func with(_ parts: [String: String]) -> String {
    var result: [Substring] = []
    var isReplaced = false
    for line in lines {
      if line == "<!-- end -->" { isReplaced = false }
      if !isReplaced { result.append(line) }
      guard let name = Self.partName(line), let part = parts[name] else { continue }
      isReplaced = true
      result.append(Substring(part))
    }
    return result.joined(separator: "\n")
  }

  private static func partName(_ line: Substring) -> String? {
    guard line.hasPrefix("<!-- begin "), line.hasSuffix(" -->") else { return nil }
    return String(line.dropFirst(11).dropLast(4))
  }

  /// Whether the page is as `wanted`; with RAUDAL_UPDATE_GOLDENS=1 it is made so.
  func isCurrent(_ wanted: String) throws -> Bool {
    guard wanted != text else { return true }
    guard GoldenDirectory.isUpdating else { return false }
    try wanted.write(to: url, atomically: true, encoding: .utf8)
    return true
  }
}

/// Rows of cells as Markdown.
enum MarkdownTable {
  static func text(_ heading: [String], _ rows: [[String]]) -> String {
    ([heading, heading.map { _ in "---" }] + rows)
      .map { "| \($0.map { cell in cell.isEmpty ? " " : cell }.joined(separator: " | ")) |" }
      .joined(separator: "\n").replacingOccurrences(of: "|   |", with: "| |")
  }

  /// Where a cell has a bar of its own.
  static func escaped(_ text: String) -> String {
    text.replacingOccurrences(of: "|", with: "\\|")
  }
}
