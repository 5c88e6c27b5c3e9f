import Glibc

extension FileError {
  /// What an errno means here.
  package init(code: Int32, path: String, operation: String) {
    let kind: Kind =
      switch code {
      case ENOENT: .notFound
      case ENOTDIR: .notDirectory
      case EEXIST: .exists
      case ENOSPC, EDQUOT: .full
      case EACCES, EPERM, EROFS: .denied
      default: .other(code: code)
      }
    self.init(kind, path: path, operation: operation)
  }
}

extension FileError.Kind {
  /// Whether the same call may succeed later by itself: a disk gets room again, a device answers. A
  /// right that is missing or a path that is wrong waits for somebody's hand.
  package var isRetriable: Bool {
    switch self {
    case .notFound, .exists, .full: true
    case .denied, .locked, .notDirectory: false
    case .other(let code): !Self.lasting.contains(code)
    }
  }

  private static let lasting: Set<Int32> = [EISDIR, ELOOP, ENAMETOOLONG, EINVAL, ENODEV, ENXIO]
}

extension FileError: CustomStringConvertible {
  /// `cannot write /var/lib/p/parts/1.part: no space is left on the disk`.
  package var description: String {
    let reason =
      switch kind {
      case .notFound: "it does not exist"
      case .exists: "it exists already"
      case .full: "no space is left on the disk"
      case .denied: "permission denied"
      case .notDirectory: "a file stands where a directory is needed"
      case .locked: "another process holds it"
      case .other(let code): String(cString: strerror(code))
      }
    return "cannot \(operation) \(path): \(reason)"
  }
}
