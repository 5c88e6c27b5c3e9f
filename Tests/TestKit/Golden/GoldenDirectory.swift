package import Foundation

/// A folder of inputs, each with the exact output that is expected of it beside it.
///
/// `NAME.raudal` is an input, `NAME.expected` what a test's `produce` makes of it, byte for byte.
/// With `RAUDAL_UPDATE_GOLDENS=1` in the environment the expected files are written instead of
/// compared; what changed is then seen in the diff of the commit.
package struct GoldenDirectory: Sendable {
  /// One pair of files.
  package struct Case: Sendable, CustomStringConvertible {
    package let name: String
    package let input: URL
    package let expected: URL

    package var description: String { name }

    /// The bytes of the input: it need not be text.
    package func bytes() throws -> [UInt8] { Array(try Data(contentsOf: input)) }
  }

  package let url: URL

  /// `Tests/Golden/PATH`, found from this file's place in the sources.
  package init(_ path: String, file: String = #filePath) {
    var folder = URL(fileURLWithPath: file).deletingLastPathComponent()
    while folder.lastPathComponent != "Tests", folder.path != "/" {
      folder.deleteLastPathComponent()
    }
    url = folder.appendingPathComponent("Golden").appendingPathComponent(path)
  }

  /// All cases, in the order of their names. Empty if there is no such folder: test that it is not.
  package func cases(extension suffix: String = "raudal") -> [Case] {
    let files = (try? FileManager.default.contentsOfDirectory(atPath: url.path)) ?? []
    return files.filter { $0.hasSuffix(".\(suffix)") }.sorted().map { file in
      let name = String(file.dropLast(suffix.utf8.count + 1))
      return Case(
        name: name, input: url.appendingPathComponent(file),
        expected: url.appendingPathComponent("\(name).expected"))
    }
  }

  /// Expected files whose input is gone.
  package func orphans(extension suffix: String = "raudal") -> [String] {
    let files = (try? FileManager.default.contentsOfDirectory(atPath: url.path)) ?? []
    let names = Set(cases(extension: suffix).map(\.name))
    return files.filter { $0.hasSuffix(".expected") && !names.contains(String($0.dropLast(9))) }
      .sorted()
  }

  package static var isUpdating: Bool {
    ProcessInfo.processInfo.environment["RAUDAL_UPDATE_GOLDENS"] == "1"
  }

  /// Nil if `actual` is what is expected, or was written; otherwise where they first differ.
  package static func mismatch(_ actual: String, _ golden: Case) throws -> String? {
    let old = try? String(contentsOf: golden.expected, encoding: .utf8)
    if old == actual { return nil }
    if isUpdating {
      try actual.write(to: golden.expected, atomically: true, encoding: .utf8)
      return nil
    }
    guard let old else {
      return "\(golden.name): no expected output yet; RAUDAL_UPDATE_GOLDENS=1 writes it:\n\(actual)"
    }
    return "\(golden.name): \(firstDifference(old, actual))\n--- actual, whole ---\n\(actual)"
  }

  private static func firstDifference(_ old: String, _ new: String) -> String {
    let before = old.split(separator: "\n", omittingEmptySubsequences: false)
    let after = new.split(separator: "\n", omittingEmptySubsequences: false)
    var line = 0
    while line < min(before.count, after.count), before[line] == after[line] { line += 1 }
    let expected = line < before.count ? String(before[line]) : "the end"
    let found = line < after.count ? String(after[line]) : "the end"
    return "line \(line + 1) differs\n  expected: \(expected)\n  actual:   \(found)"
  }
}
