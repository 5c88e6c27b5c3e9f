import Glibc

/// The files that a path or glob names.
enum FileNames {
  /// A file that exists as the path stands is meant itself.
  static func isGlob(_ path: String) -> Bool {
    path.utf8.contains { $0 == 0x2A || $0 == 0x3F || $0 == 0x5B } && access(path, F_OK) != 0
  }

  /// In the order of their names' bytes. A path without `*`, `?`, `[` names itself if it exists.
  static func matching(_ path: String) throws(ConnectorError) -> [String] {
    guard isGlob(path) else { return access(path, F_OK) == 0 ? [path] : [] }
    var found = glob_t()
    defer { globfree(&found) }
    // Marks directories: they are no input.
    let result = glob(path, GLOB_MARK, nil, &found)
    if result == GLOB_NOMATCH { return [] }
    guard result == 0 else {
      throw ConnectorError(.fatal, "\(path): its directory cannot be read")
    }
    let names = (0..<Int(found.gl_pathc)).compactMap { index in
      found.gl_pathv[index].map { String(cString: $0) }
    }
    return names.filter { !$0.hasSuffix("/") }.sorted(by: precedes)
  }

  static func precedes(_ a: String, _ b: String) -> Bool {
    a.utf8.lexicographicallyPrecedes(b.utf8)
  }
}
