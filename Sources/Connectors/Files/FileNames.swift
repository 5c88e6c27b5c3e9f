import Glibc

/// The files that a path or glob of a definition names.
///
/// A file's name is what the definition says: relative where that is, to the definition's folder.
/// Names go into partitions, positions and dead letters, so that all of them hold wherever the
/// folder lies and the command runs.
struct FileNames: Sendable {
  /// Without `.` and doubled slashes, which name nothing.
  let pattern: String
  /// What relative names begin at.
  private let directory: String

  init(_ pattern: String, in directory: String) {
    self.pattern = Self.plain(pattern)
    self.directory = directory
  }

  /// A file that exists as the pattern stands is meant itself.
  var isGlob: Bool {
    pattern.utf8.contains { $0 == 0x2A || $0 == 0x3F || $0 == 0x5B }
      && access(path(of: pattern), F_OK) != 0
  }

  /// Where the process finds the file.
  func path(of name: String) -> String {
    name.hasPrefix("/") || directory == "." ? name : "\(directory)/\(name)"
  }

  /// In the order of their names' bytes. A name without `*`, `?`, `[` is itself, if it exists.
  func matching() throws(ConnectorError) -> [String] {
    guard isGlob else { return access(path(of: pattern), F_OK) == 0 ? [pattern] : [] }
    let isRelative = !pattern.hasPrefix("/") && directory != "."
    var found = glob_t()
    defer { globfree(&found) }
    // Marks directories: they are no input.
    let whole = isRelative ? "\(Self.escaped(directory))/\(pattern)" : pattern
    let result = glob(whole, GLOB_MARK, nil, &found)
    if result == GLOB_NOMATCH { return [] }
    guard result == 0 else {
      throw ConnectorError(.fatal, "\(path(of: pattern)): its directory cannot be read")
    }
    let paths = (0..<Int(found.gl_pathc)).compactMap { index in
      found.gl_pathv[index].map { String(cString: $0) }
    }
    return paths.filter { !$0.hasSuffix("/") }
      .map { isRelative ? String($0.dropFirst(directory.count + 1)) : $0 }
      .sorted(by: Self.precedes)
  }

  static func precedes(_ a: String, _ b: String) -> Bool {
    a.utf8.lexicographicallyPrecedes(b.utf8)
  }

  private static func plain(_ path: String) -> String {
    let parts = path.split(separator: "/").filter { $0 != "." }
    return (path.hasPrefix("/") ? "/" : "") + parts.joined(separator: "/")
  }

  /// A folder's name is no pattern.
  private static func escaped(_ path: String) -> String {
    String(path.flatMap { "*?[]\\".contains($0) ? ["\\", $0] : [$0] })
  }
}

extension FileNames {
  /// Whether a position in `file` that says nothing else has read another: all that come before it
  /// by name. Numbers in the names of a file sink's parts had no zeros in front once; its parts
  /// since then come before the old ones, and are newer.
  static func isRead(_ other: String, at file: String) -> Bool {
    guard precedes(other, file) else { return false }
    guard let old = partNumbers(file), !old.isPadded, let new = partNumbers(other), new.isPadded
    else { return true }
    return !old.numbers.lexicographicallyPrecedes(new.numbers)
  }

  /// Of `EPOCH-WORKER-NUMBER.…`.
  private static func partNumbers(_ path: String) -> (numbers: [Int], isPadded: Bool)? {
    let name = path.split(separator: "/").last ?? ""
    let words = name.prefix { $0 != "." }.split(separator: "-", omittingEmptySubsequences: false)
    let numbers = words.compactMap { word in
      word.utf8.allSatisfy { (0x30...0x39).contains($0) } ? Int(word) : nil
    }
    guard words.count == 3, numbers.count == 3 else { return nil }
    let widths = words.map(\.utf8.count)
    return (numbers, widths[0] >= 10 && widths[1] >= 4 && widths[2] >= 6)
  }
}
