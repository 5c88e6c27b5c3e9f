import Foundation
import TestKit

/// A golden file of function cases: a line `expression → outcome` each, blank lines and comments
/// (`//`) between them.
///
/// With `RAUDAL_UPDATE_GOLDENS=1` the outcomes are written instead of compared; a new case is a
/// line without an arrow.
struct CaseFile: Sendable, CustomStringConvertible {
  private static let arrow = " → "

  let url: URL

  var description: String { url.lastPathComponent }

  static let all = files(".cases")

  /// Files of inputs that are no expressions.
  static let tables = files(".table")

  private static func files(_ suffix: String) -> [CaseFile] {
    let folder = GoldenDirectory("Functions").url
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return names.filter { $0.hasSuffix(suffix) }.sorted()
      .map { CaseFile(url: folder.appendingPathComponent($0)) }
  }

  /// The lines as they are.
  func lines() throws -> [String] {
    try String(contentsOf: url, encoding: .utf8).split(
      separator: "\n", omittingEmptySubsequences: false
    ).map(String.init)
  }

  /// The expression of a line and its outcome, empty where there is none yet; nil of other lines.
  static func parse(_ line: String) -> (expression: String, outcome: String)? {
    if line.isEmpty || line.hasPrefix("//") { return nil }
    guard let range = line.range(of: arrow) else { return (line, "") }
    return (String(line[..<range.lowerBound]), String(line[range.upperBound...]))
  }

  /// All cases.
  func cases() throws -> [(expression: String, outcome: String)] {
    try lines().compactMap(Self.parse)
  }

  /// The lines that differ, told one by one; none where they were written.
  func mismatches(_ outcome: (String) -> String) throws -> [String] {
    var differences: [String] = []
    let old = try lines()
    let new = old.map { line in
      guard let (expression, expected) = Self.parse(line) else { return line }
      let outcome = outcome(expression)
      if outcome != expected {
        differences.append("\(expression)\n  expected: \(expected)\n  actual:   \(outcome)")
      }
      return expression + Self.arrow + outcome
    }
    guard GoldenDirectory.isUpdating else { return differences }
    if new != old {
      try new.joined(separator: "\n").write(to: url, atomically: true, encoding: .utf8)
    }
    return []
  }
}
