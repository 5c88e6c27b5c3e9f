import FoundationEssentials
import Glibc

/// The file in a state directory in which a run shows what it is doing, anew each second.
///
/// It is put in place by a rename, so that a reader finds a whole one, and not synchronised: after
/// a crash of the machine an older one is as good. A run does its work whether it can be written
/// or not.
struct StatusFile {
  static let name = "status.json"

  enum Failure: Error {
    case absent
    case unreadable(String)
  }

  private let directory: String

  init(directory: String) { self.directory = directory }

  var path: String { "\(directory)/\(Self.name)" }

  func write(_ report: StatusReport) {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    guard let bytes = try? encoder.encode(report) else { return }
    let temporary = "\(path).tmp"
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { return }
    let isWhole = bytes.withUnsafeBytes { bytes in
      var sent = 0
      while sent < bytes.count {
        let count = Glibc.write(descriptor, bytes.baseAddress.map { $0 + sent }, bytes.count - sent)
        if count < 0, errno == EINTR { continue }
        guard count > 0 else { return false }
        sent += count
      }
      return true
    }
    close(descriptor)
    if isWhole { rename(temporary, path) } else { unlink(temporary) }
  }

  func read() throws(Failure) -> StatusReport {
    guard access(path, F_OK) == 0 else { throw .absent }
    let bytes: [UInt8]
    do { bytes = try readFile(path) } catch { throw .unreadable("\(path) can't be read") }
    let report = try? JSONDecoder().decode(StatusReport.self, from: Data(bytes))
    guard let report, report.version == StatusReport.currentVersion else {
      throw .unreadable("\(path) is none that this version of raudal wrote")
    }
    return report
  }
}
