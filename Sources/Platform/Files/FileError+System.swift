import Glibc

extension FileError {
  /// What an errno means here.
  package init(code: Int32, path: String, operation: String) {
    let kind: Kind =
      switch code {
      case ENOENT, ENOTDIR: .notFound
      case EEXIST: .exists
      case ENOSPC, EDQUOT: .full
      case EACCES, EPERM, EROFS: .denied
      default: .other(code: code)
      }
    self.init(kind, path: path, operation: operation)
  }
}

extension FileError: CustomStringConvertible {
  /// `cannot write parts/1.part: no space is left on the disk`.
  package var description: String {
    let reason =
      switch kind {
      case .notFound: "it does not exist"
      case .exists: "it exists already"
      case .full: "no space is left on the disk"
      case .denied: "permission denied"
      case .locked: "another process holds it"
      case .other(let code): String(cString: strerror(code))
      }
    return "cannot \(operation) \(path): \(reason)"
  }
}
