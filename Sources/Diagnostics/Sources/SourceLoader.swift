/// Where the text of imported files comes from.
package protocol SourceLoader {
  /// The bytes of a file. `path` is as the importing file's with the import's behind it.
  func load(_ path: String) throws(SourceLoadFailure) -> [UInt8]
}

/// Why an imported file can't be had.
package struct SourceLoadFailure: Error {
  /// As a label says it: `no such file`.
  package var reason: String

  package init(_ reason: String) { self.reason = reason }
}

/// For definitions that stand alone.
package struct NoFiles: SourceLoader {
  package init() {}

  package func load(_ path: String) throws(SourceLoadFailure) -> [UInt8] {
    throw SourceLoadFailure("no files can be imported here")
  }
}
