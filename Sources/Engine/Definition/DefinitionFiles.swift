import Compiler
package import Diagnostics
package import Platform

/// Definitions and what they import, from the disk: for all that compile files.
package struct DefinitionFiles: SourceLoader {
  package init() {}

  /// An imported file.
  package func load(_ path: String) throws(SourceLoadFailure) -> [UInt8] {
    do {
      return try BoundedFile.bytes(ofRegular: path, upTo: DefinitionCompiler.largestFile)
    } catch {
      throw SourceLoadFailure(error.reason)
    }
  }

  /// A file that the user named, which may be a pipe; no more of it than the compiler needs to say
  /// that it is too large.
  package static func bytes(of path: String) throws(BoundedFile.Failure) -> [UInt8] {
    try BoundedFile.bytes(of: path, upTo: DefinitionCompiler.largestFile)
  }

  /// The folder that relative paths in a definition start from.
  package static func directory(of path: String) -> String {
    path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
  }
}
