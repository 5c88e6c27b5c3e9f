import Columns
import CPlatform
import Glibc

/// What a file begins with, as positions keep it: another file under the same name is told by it,
/// and a copy is not.
struct FileMark: Hashable, Sendable {
  /// Enough to tell logs by their first times.
  static let limit = 1024

  /// How many bytes were hashed, as they lie in the file.
  let count: Int
  let hash: UInt64

  /// nil where there is nothing to hash, or it cannot be read.
  init?(descriptor: Int32, upTo count: Int) {
    var bytes = [UInt8](repeating: 0, count: min(count, Self.limit))
    var held = 0
    while held < bytes.count {
      let got = bytes.withUnsafeMutableBytes { room in
        pread(descriptor, room.baseAddress.map { $0 + held }, room.count - held, off_t(held))
      }
      if got < 0, errno == EINTR { continue }
      if got <= 0 { break }
      held += got
    }
    guard held > 0 else { return nil }
    self.count = held
    hash = bytes.withUnsafeBufferPointer { room in
      room.baseAddress.map { XXH3.hash($0, count: held) } ?? 0
    }
  }

  /// Whether the file of a path begins so; true where it cannot be read, which is said elsewhere.
  func isOf(_ path: String) -> Bool {
    let descriptor = raudal_open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK, 0)
    guard descriptor >= 0 else { return true }
    defer { close(descriptor) }
    return FileMark(descriptor: descriptor, upTo: count) == self
  }
}

/// `COUNT-HASH`, the hash in sixteen digits.
extension FileMark {
  var text: String { "\(count)-\(HexWord.text(hash))" }

  init?(_ text: some StringProtocol) {
    let words = text.split(separator: "-", omittingEmptySubsequences: false)
    guard words.count == 2, let count = Int(words[0]), (1...Self.limit).contains(count),
      let hash = HexWord.value(words[1])
    else { return nil }
    (self.count, self.hash) = (count, hash)
  }
}

/// A hash in sixteen digits.
enum HexWord {
  static func text(_ value: UInt64) -> String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }

  static func value(_ text: some StringProtocol) -> UInt64? {
    text.utf8.count == 16 ? UInt64(text, radix: 16) : nil
  }
}
