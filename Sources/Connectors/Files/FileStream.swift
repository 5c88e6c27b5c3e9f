import CPlatform
import Glibc
import Platform
import Synchronization

/// The bytes of one file, unpacked, from front to back. One thread at a time uses it; calls block.
final class FileStream {
  static let packedChunk = 128 * 1024
  /// How many are open in this process, and may be before those that can wait are closed: half of
  /// what the system allows, for there is more than files to be read.
  private static let open = Atomic<Int>(0)
  private static let openLimit = max(8, min(4096, sysconf(Int32(_SC_OPEN_MAX)) / 2))

  static var areMany: Bool { open.load(ordering: .relaxed) > openLimit }

  let path: String
  /// Unpacked bytes read so far.
  private(set) var offset: Int64 = 0
  private let descriptor: Int32
  private let unpacker: (any Unpacker)?
  private var packed: [UInt8] = []
  private var taken = 0
  private var isAtFrameEnd = true
  /// The codec has put out all that it can without further input.
  private var isDrained = false

  /// Opens the file and goes to an unpacked offset. Throws a gap where the file is shorter.
  init(_ path: String, _ compression: Compression, at start: Int64) throws(ConnectorError) {
    self.path = path
    // Opening a pipe would wait for whoever writes it.
    descriptor = raudal_open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK, 0)
    unpacker = compression.makeUnpacker()
    if descriptor >= 0 { Self.open.add(1, ordering: .relaxed) }
    guard descriptor >= 0 else {
      let error = FileError(code: errno, path: shown, operation: "read")
      throw ConnectorError(
        error.kind == FileError.Kind.notFound && start > 0 ? .gap : .fatal,
        "\(error)\(error.kind == .denied ? "; give this user the right to read it" : "")")
    }
    try refuseOtherKinds()
    if compression != .none, unpacker == nil {
      throw ConnectorError(.fatal, "\(shown): no memory to unpack it")
    }
    if unpacker == nil {
      guard start <= (try size()), lseek(descriptor, off_t(start), SEEK_SET) >= 0 else {
        throw Self.gap(path, start)
      }
      offset = start
    } else {
      try skip(to: start)
    }
  }

  /// As messages name it. `errno` may change.
  private var shown: String { LinuxFileStore.absolutePath(path) }

  deinit {
    guard descriptor >= 0 else { return }
    close(descriptor)
    Self.open.subtract(1, ordering: .relaxed)
  }

  static func otherFile(_ path: String, _ offset: Int64) -> ConnectorError {
    ConnectorError(
      .gap,
      "\(LinuxFileStore.absolutePath(path)) begins otherwise than the file of which \(offset) bytes"
        + " were read: it was replaced; put that one back under its name, or start anew with"
        + " `--fresh`")
  }

  /// What the file begins with, as far as `read` bytes of it were read.
  func mark(_ read: Int64) -> FileMark? {
    let count = unpacker == nil ? min(read, Int64(FileMark.limit)) : Int64(FileMark.limit)
    return FileMark(descriptor: descriptor, upTo: Int(count))
  }

  /// Whether the file itself grows where more is written to it, byte for byte.
  var isPlain: Bool { unpacker == nil }

  static func gap(_ path: String, _ offset: Int64) -> ConnectorError {
    ConnectorError(
      .gap,
      "\(LinuxFileStore.absolutePath(path)) is shorter than the \(offset) bytes that were read of"
        + " it: it was replaced or cut; put it back, or start anew with `--fresh`")
  }

  private func skip(to start: Int64) throws(ConnectorError) {
    let room = UnsafeMutablePointer<UInt8>.allocate(capacity: Self.packedChunk)
    defer { room.deallocate() }
    while offset < start {
      let wanted = Int(min(Int64(Self.packedChunk), start - offset))
      if try read(into: room, wanted) == 0 { throw Self.gap(path, start) }
    }
  }

  /// What a name stands for, and how long it is.
  struct State: Equatable {
    var device: UInt64
    var inode: UInt64
    var size: Int64

    init(_ status: stat) {
      device = UInt64(status.st_dev)
      inode = UInt64(status.st_ino)
      size = Int64(status.st_size)
    }

    /// nil where nothing has the name.
    init?(of path: String) {
      var status = stat()
      guard stat(path, &status) == 0 else { return nil }
      self.init(status)
    }
  }

  /// As it was when it was last read: what was written since is not part of its size.
  var state: State? {
    guard let status else { return nil }
    var state = State(status)
    state.size = Int64(lseek(descriptor, 0, SEEK_CUR))
    return state
  }

  /// nil where the system does not say.
  var status: stat? {
    var status = stat()
    return fstat(descriptor, &status) == 0 ? status : nil
  }

  private func knownStatus() throws(ConnectorError) -> stat {
    guard let status else {
      throw ConnectorError(.fatal, "\(FileError(code: errno, path: shown, operation: "read"))")
    }
    return status
  }

  /// Only of a file the same bytes can be read again after a crash.
  private func refuseOtherKinds() throws(ConnectorError) {
    let kind = try knownStatus().st_mode & S_IFMT
    guard kind != S_IFREG, path != "/dev/null" else { return }
    let what =
      switch kind {
      case S_IFDIR: "a directory"
      case S_IFIFO: "a pipe"
      case S_IFSOCK: "a socket"
      default: "a device"
      }
    throw ConnectorError(
      .fatal,
      "\(shown) is \(what), not a file: what is read must still be there after a crash; write it"
        + " to a file first")
  }

  /// Bytes in the file as it lies there.
  private func size() throws(ConnectorError) -> Int64 { Int64(try knownStatus().st_size) }

  /// Whether the file was cut below what was read of it.
  func wasCut() throws(ConnectorError) -> Bool { unpacker == nil ? try size() < offset : false }

  /// Whether it begins otherwise than it did: it was cut, and has grown beyond what was read.
  func wasRewritten(since mark: FileMark) throws(ConnectorError) -> Bool {
    guard unpacker == nil, try size() > offset else { return false }
    return FileMark(descriptor: descriptor, upTo: mark.count) != mark
  }

  /// Whether the path names another file by now.
  func wasReplaced() -> Bool {
    var named = stat()
    guard let own = status, stat(path, &named) == 0 else { return false }
    return own.st_ino != named.st_ino || own.st_dev != named.st_dev
  }

  /// Whether nothing has its name.
  var isRemoved: Bool {
    var named = stat()
    return stat(path, &named) != 0 && errno == ENOENT
  }

  /// Whether the end of what is there is a good end: no frame is open.
  var isWhole: Bool { unpacker == nil || (isAtFrameEnd && taken == packed.count) }

  /// At most `count` bytes; 0 at the end of what is there at present.
  func read(into target: UnsafeMutablePointer<UInt8>, _ count: Int) throws(ConnectorError) -> Int {
    guard let unpacker else {
      let got = try readRaw(target, count)
      offset += Int64(got)
      return got
    }
    while true {
      if taken == packed.count {
        let got = try fillPacked()
        if got == 0, isAtFrameEnd { return 0 }
        // With no input left the codec may still hold unpacked bytes; to ask it again and again
        // is a mistake to it.
        if got == 0 {
          if isDrained { return 0 }
          let produced = try step(unpacker, target, count)
          isDrained = produced == 0
          return produced
        }
        isDrained = false
      }
      let produced = try step(unpacker, target, count)
      if produced > 0 { return produced }
    }
  }

  /// What the system has in memory, at most `count` bytes. nil where a read may have to wait: the
  /// bytes are on a disk, or packed, or nobody can tell. 0 as for `read`.
  func readAtHand(
    into target: UnsafeMutablePointer<UInt8>, _ count: Int
  ) throws(ConnectorError) -> Int? {
    guard unpacker == nil else { return nil }
    while true {
      let got = raudal_read_at_hand(descriptor, target, count)
      if got >= 0 {
        offset += Int64(got)
        return got
      }
      switch errno {
      case EINTR: continue
      case EAGAIN, EOPNOTSUPP, EINVAL, ENOSYS: return nil
      default:
        throw ConnectorError(.fatal, "\(FileError(code: errno, path: path, operation: "read"))")
      }
    }
  }

  private func step(
    _ unpacker: any Unpacker, _ target: UnsafeMutablePointer<UInt8>, _ count: Int
  ) throws(ConnectorError) -> Int {
    let step = packed.withUnsafeBufferPointer { input in
      unpacker.step(
        UnsafeBufferPointer(rebasing: input[taken...]),
        into: UnsafeMutableBufferPointer(start: target, count: count))
    }
    guard let step else {
      throw ConnectorError(
        .fatal,
        "\(shown): the compressed data is damaged behind byte \(offset) of what it holds; put a"
          + " whole copy in its place, or correct `compression:` if it is packed otherwise")
    }
    if step.consumed > 0 || step.produced > 0 { isAtFrameEnd = step.isAtFrameEnd }
    taken += step.consumed
    offset += Int64(step.produced)
    return step.produced
  }

  private func fillPacked() throws(ConnectorError) -> Int {
    taken = 0
    packed = [UInt8](repeating: 0, count: Self.packedChunk)
    var failure: ConnectorError?
    let got = packed.withUnsafeMutableBufferPointer { buffer -> Int in
      guard let base = buffer.baseAddress else { return 0 }
      do throws(ConnectorError) {
        return try readRaw(base, buffer.count)
      } catch {
        failure = error
        return 0
      }
    }
    packed.removeLast(packed.count - got)
    if let failure { throw failure }
    return got
  }

  private func readRaw(
    _ target: UnsafeMutablePointer<UInt8>, _ count: Int
  ) throws(ConnectorError) -> Int {
    while true {
      let got = Glibc.read(descriptor, target, count)
      if got >= 0 { return got }
      if errno != EINTR {
        throw ConnectorError(.fatal, "\(FileError(code: errno, path: shown, operation: "read"))")
      }
    }
  }
}
