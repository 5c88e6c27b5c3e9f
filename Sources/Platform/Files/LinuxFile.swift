import CPlatform
import Glibc
import Synchronization

/// A file that is being appended to. One thread at a time appends; another may synchronise
/// meanwhile, and holds nobody up. It is closed when neither is under way.
final class LinuxFile: AppendableFile {
  private struct State {
    /// -1 once closed.
    var descriptor: Int32
    /// Whether the directory that names the file was synced since the file was made.
    var isNamed = false
  }

  private let state: Mutex<State>
  private let path: String
  private let directory: String

  /// Takes over the descriptor. `directory` is the absolute path of the file's directory.
  init(descriptor: Int32, path: String, directory: String) {
    self.path = path
    self.directory = directory
    state = Mutex(State(descriptor: descriptor))
  }

  deinit {
    state.withLock { if $0.descriptor >= 0 { Glibc.close($0.descriptor) } }
  }

  func append(_ bytes: [UInt8]) throws(FileError) {
    let failure = state.withLock { state in
      bytes.withUnsafeBytes { buffer -> Int32 in
        guard let base = buffer.baseAddress else { return 0 }
        var written = 0
        while written < buffer.count {
          let count = write(state.descriptor, base + written, buffer.count - written)
          if count < 0 && errno == EINTR { continue }
          if count < 0 { return errno }
          if count == 0 { return ENOSPC }
          written += count
        }
        return 0
      }
    }
    if failure != 0 { throw FileError(code: failure, path: path, operation: "write") }
  }

  func synchronize() throws(FileError) {
    let (descriptor, isNamed) = state.withLock { ($0.descriptor, $0.isNamed) }
    let failure = fsync(descriptor) == 0 ? 0 : errno
    if failure != 0 { throw FileError(code: failure, path: path, operation: "sync") }
    guard !isNamed else { return }
    try Self.synchronizeDirectory(directory, naming: path)
    state.withLock { $0.isNamed = true }
  }

  func close() throws(FileError) {
    let failure = state.withLock { state -> Int32 in
      guard state.descriptor >= 0 else { return 0 }
      let result = Glibc.close(state.descriptor)
      state.descriptor = -1
      return result == 0 ? 0 : errno
    }
    if failure != 0 { throw FileError(code: failure, path: path, operation: "close") }
  }

  /// Makes the names in a directory durable.
  static func synchronizeDirectory(
    _ directory: String, naming path: String
  ) throws(FileError) {
    let descriptor = raudal_open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0)
    guard descriptor >= 0 else {
      throw FileError(code: errno, path: path, operation: "sync the directory of")
    }
    let failure = fsync(descriptor) == 0 ? 0 : errno
    Glibc.close(descriptor)
    if failure != 0 {
      throw FileError(code: failure, path: path, operation: "sync the directory of")
    }
  }
}
