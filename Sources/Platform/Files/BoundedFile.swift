import Glibc

/// A file that somebody named, read whole: a definition, what it imports, values of its params.
package enum BoundedFile {
  /// Why a file can't be read, as a label says it: `No such file or directory`.
  package struct Failure: Error {
    package var reason: String
  }

  /// The bytes of a file, and one part more than `limit` of a larger one: enough to say that it is
  /// too large.
  package static func bytes(of path: String, upTo limit: Int) throws(Failure) -> [UInt8] {
    guard let file = fopen(path, "rb") else { throw Failure(reason: reason(errno)) }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while bytes.count <= limit {
      let count = fread(&buffer, 1, buffer.count, file)
      if count == 0 { break }
      bytes += buffer[..<count]
    }
    guard ferror(file) == 0 else { throw Failure(reason: reason(errno)) }
    return bytes
  }

  /// The same of a regular file alone. Reading anything else could wait for ever.
  package static func bytes(ofRegular path: String, upTo limit: Int) throws(Failure) -> [UInt8] {
    if let kind = otherKind(of: path) { throw Failure(reason: "it is \(kind), not a file") }
    return try bytes(of: path, upTo: limit)
  }

  /// What a path leads to that is no regular file; nil where there is nothing, too.
  private static func otherKind(of path: String) -> String? {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    switch status.st_mode & S_IFMT {
    case S_IFREG: return nil
    case S_IFDIR: return "a folder"
    case S_IFIFO: return "a pipe"
    case S_IFCHR, S_IFBLK: return "a device"
    case S_IFSOCK: return "a socket"
    default: return "something else"
    }
  }

  private static func reason(_ code: Int32) -> String { String(cString: strerror(code)) }
}
