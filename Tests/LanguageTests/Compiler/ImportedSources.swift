import Diagnostics
import Foundation

/// Imported files of goldens, below their folder.
struct FolderLoader: SourceLoader {
  let folder: URL

  func load(_ path: String) throws(SourceLoadFailure) -> [UInt8] {
    guard let data = try? Data(contentsOf: folder.appendingPathComponent(path)) else {
      throw SourceLoadFailure("no such file")
    }
    return Array(data)
  }
}

/// Imported files as a test writes them.
struct TextLoader: SourceLoader {
  let texts: [String: String]

  func load(_ path: String) throws(SourceLoadFailure) -> [UInt8] {
    guard let text = texts[path] else { throw SourceLoadFailure("no such file") }
    return Array(text.utf8)
  }
}
