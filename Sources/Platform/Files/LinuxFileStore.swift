import CPlatform
import Glibc
import Synchronization

/// A directory of the machine as a `FileStore`. Any thread may use it.
///
/// A path may not leave the directory. Every call that promises durability syncs the file and the
/// directory that names it, and every directory it had to make.
package final class LinuxFileStore: FileStore {
  /// The directory, from the root of the file system on.
  package let root: String
  private let locks = Mutex<[Int32]>([])

  /// Makes nothing yet: directories appear with the first write.
  package init(root: String) { self.root = Self.absolutePath(root) }

  /// Lets go of the locks.
  deinit {
    locks.withLock { held in
      for descriptor in held { close(descriptor) }
    }
  }

  package func write(_ path: String, _ bytes: [UInt8]) throws(FileError) {
    try createParent(of: path)
    let descriptor = try open(path, O_WRONLY | O_CREAT | O_TRUNC, "write")
    let file = LinuxFile(
      descriptor: descriptor, path: absolute(path), directory: absolute(parent(path)))
    try file.append(bytes)
    try file.synchronize()
    try file.close()
  }

  package func create(_ path: String) throws(FileError) -> any AppendableFile {
    try createParent(of: path)
    let descriptor = try open(path, O_WRONLY | O_CREAT | O_EXCL, "create")
    return LinuxFile(
      descriptor: descriptor, path: absolute(path), directory: absolute(parent(path)))
  }

  package func read(_ path: String) throws(FileError) -> [UInt8] {
    try read(path, at: 0, count: try size(of: path))
  }

  package func read(_ path: String, at offset: Int, count: Int) throws(FileError) -> [UInt8] {
    guard count > 0 else { return [] }
    let descriptor = try open(path, O_RDONLY, "read")
    defer { close(descriptor) }
    var code: Int32 = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      guard let base = buffer.baseAddress else { return }
      while filled < count {
        let got = pread(descriptor, base + filled, count - filled, off_t(offset + filled))
        if got < 0 && errno == EINTR { continue }
        if got < 0 { code = errno }
        if got <= 0 { break }
        filled += got
      }
    }
    if code != 0 { throw failure(code, path, "read") }
    return bytes
  }

  package func size(of path: String) throws(FileError) -> Int {
    var status = stat()
    guard stat(absolute(path), &status) == 0 else {
      throw failure(errno, path, "read")
    }
    return Int(status.st_size)
  }

  package func exists(_ path: String) -> Bool {
    access(absolute(path), F_OK) == 0
  }

  package func rename(_ path: String, to newPath: String) throws(FileError) {
    guard Glibc.rename(absolute(path), absolute(newPath)) == 0 else {
      throw failure(errno, path, "rename")
    }
    try synchronizeMove(path, newPath)
  }

  package func move(_ path: String, to newPath: String) throws(FileError) {
    if raudal_rename_new(absolute(path), absolute(newPath)) == 0 {
      return try synchronizeMove(path, newPath)
    }
    // A file system that does not know the flag.
    if errno == EINVAL || errno == ENOSYS {
      if exists(newPath) { throw FileError(.exists, path: newPath, operation: "move to") }
      return try rename(path, to: newPath)
    }
    throw FileError(code: errno, path: newPath, operation: "move to")
  }

  private func synchronizeMove(_ path: String, _ newPath: String) throws(FileError) {
    try synchronizeDirectory(parent(newPath))
    if parent(path) != parent(newPath) { try synchronizeDirectory(parent(path)) }
  }

  package func synchronize(_ path: String) throws(FileError) {
    let descriptor = try open(path, O_RDONLY, "sync")
    let failure = fsync(descriptor) == 0 ? 0 : errno
    close(descriptor)
    if failure != 0 { throw FileError(code: failure, path: path, operation: "sync") }
    try synchronizeDirectory(parent(path))
  }

  package func remove(_ path: String) throws(FileError) {
    guard unlink(absolute(path)) == 0 else {
      throw failure(errno, path, "remove")
    }
  }

  package func list(_ directory: String) throws(FileError) -> [String] {
    guard let stream = opendir(absolute(directory)) else {
      if errno == ENOENT { return [] }
      throw failure(errno, directory, "list")
    }
    defer { closedir(stream) }
    var names: [String] = []
    errno = 0
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != "." && name != ".." { names.append(name) }
      errno = 0
    }
    if errno != 0 { throw failure(errno, directory, "list") }
    return names.sorted()
  }

  package func createDirectory(_ path: String) throws(FileError) {
    guard !exists(path) else { return }
    if !path.isEmpty { try createDirectory(parent(path)) }
    let made = absolute(path)
    if mkdir(made, 0o755) != 0 {
      // Another thread or process may have been faster; the directory of the root may be missing.
      if errno == ENOENT && path.isEmpty { return try createRoot() }
      if errno != EEXIST {
        throw failure(errno, path, "create directory")
      }
    }
    if !path.isEmpty { try synchronizeDirectory(parent(path)) }
  }

  package func lock(_ path: String) throws(FileError) {
    try createParent(of: path)
    let descriptor = try open(path, O_RDWR | O_CREAT, "lock")
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      let code = errno
      close(descriptor)
      guard code == EWOULDBLOCK else {
        throw failure(code, path, "lock")
      }
      throw FileError(.locked, path: absolute(path), operation: "lock")
    }
    locks.withLock { $0.append(descriptor) }
  }
}

extension LinuxFileStore {
  /// Names hold whatever the process's directory is later, and say in messages where they are.
  package static func absolutePath(_ path: String) -> String {
    guard !path.hasPrefix("/"), let here = getcwd(nil, 0) else { return path }
    defer { free(here) }
    let below = path.split(separator: "/").filter { $0 != "." }
    return ([String(cString: here)] + below.map(String.init)).joined(separator: "/")
  }

  private func absolute(_ path: String) -> String { path.isEmpty ? root : "\(root)/\(path)" }

  /// What a path ran into, with the whole of it: the user must see where it is.
  private func failure(_ code: Int32, _ path: String, _ operation: String) -> FileError {
    FileError(code: code, path: absolute(path), operation: operation)
  }

  private func parent(_ path: String) -> String {
    path.lastIndex(of: "/").map { String(path[..<$0]) } ?? ""
  }

  private func createParent(of path: String) throws(FileError) {
    if path.split(separator: "/").contains("..") {
      throw FileError(.denied, path: absolute(path), operation: "leave the directory of")
    }
    try createDirectory(parent(path))
  }

  /// Makes the store's own directory and those above it.
  private func createRoot() throws(FileError) {
    var made = root.hasPrefix("/") ? "" : "."
    for part in root.split(separator: "/") {
      made += "/\(part)"
      if mkdir(made, 0o755) != 0 && errno != EEXIST {
        // What it lies in is there: a file system such as /proc takes no directories at all.
        let code = errno == ENOENT ? EPERM : errno
        throw FileError(code: code, path: made, operation: "create directory")
      }
    }
  }

  private func open(
    _ path: String, _ flags: Int32, _ operation: String
  ) throws(FileError) -> Int32 {
    let descriptor = raudal_open(absolute(path), flags | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else {
      throw failure(errno, path, operation)
    }
    return descriptor
  }

  private func synchronizeDirectory(_ path: String) throws(FileError) {
    try LinuxFile.synchronizeDirectory(absolute(path), naming: absolute(path))
  }
}
