import Platform
import Synchronization

/// Whose output a file sink's directory holds: the lineage of the state that it belongs to, in a
/// hidden file beside the parts.
///
/// State that was lost, or that another run went on with, would write the same rows once more, and
/// nobody would see it. The file is there from the first part on; a run that starts over by its
/// user's wish adds its lineage before its state is given up, so that the state before and the one
/// behind are both at home, whichever of them a crash leaves.
final class OutputOwner: Sendable {
  private struct Claimed {
    var lineage: String
    /// Those that were written down by then.
    var known: [String]
  }

  private let name: String
  private let place: String
  private let files: any FileStore
  /// Of this life, until it is written down.
  private let pending = Mutex<Claimed?>(nil)

  init(name: String, place: String, files: any FileStore) {
    self.name = name
    self.place = place
    self.files = files
  }

  /// Refuses a lineage that the output is not of, unless it is the user's wish to begin anew, or
  /// rows may come twice anyway.
  func claim(_ claim: OutputClaim, mayRepeat: Bool) throws(FileError) -> ConnectorError? {
    guard let known = try lineages() else { return unreadable }
    let isAtHome = known.isEmpty || known.contains(claim.lineage)
    if !isAtHome, !claim.startsOver, !mayRepeat {
      return refusal(
        claim.hasState
          ? "another state directory's run of this pipeline wrote there"
          : "the state directory holds no checkpoint")
    }
    let all = isAtHome ? known : known + [claim.lineage]
    if !isAtHome { try replace(all) }
    let isWritten = mayRepeat || known == [claim.lineage]
    pending.withLock { $0 = isWritten ? nil : Claimed(lineage: claim.lineage, known: all) }
    return nil
  }

  /// Called before a part gets its name. Refuses where another run has begun to write since.
  func record() throws(FileError) -> ConnectorError? {
    guard let claimed = pending.withLock({ $0 }) else { return nil }
    guard let known = try lineages() else { return unreadable }
    let isShared = known.contains { $0 != claimed.lineage && !claimed.known.contains($0) }
    guard !isShared, try known.isEmpty ? create(claimed.lineage) : true else {
      return refusal("another run of this pipeline, with another state directory, writes there now")
    }
    if !known.isEmpty { try replace([claimed.lineage]) }
    pending.withLock { $0 = nil }
    return nil
  }

  /// Those that are written down; nil where the file says nothing.
  private func lineages() throws(FileError) -> [String]? {
    guard files.exists(name) else { return [] }
    let lines = String(decoding: try files.read(name), as: UTF8.self).split(separator: "\n")
    return lines.isEmpty ? nil : lines.map(String.init)
  }

  private var draft: String { name + "-draft" }

  private func replace(_ lineages: [String]) throws(FileError) {
    try files.write(draft, Self.bytes(lineages))
    try files.rename(draft, to: name)
  }

  /// False where another has just made the file.
  private func create(_ lineage: String) throws(FileError) -> Bool {
    try files.write(draft, Self.bytes([lineage]))
    do throws(FileError) {
      try files.move(draft, to: name)
      return true
    } catch {
      guard error.kind == .exists else { throw error }
      return false
    }
  }

  private static func bytes(_ lineages: [String]) -> [UInt8] {
    Array((lineages.joined(separator: "\n") + "\n").utf8)
  }

  private var unreadable: ConnectorError {
    ConnectorError(
      .configuration,
      "\(place): the file `\(name)` in `path:` does not say whose output the directory holds. "
        + "Bring it back; or remove it, if no exactly-once run of this pipeline has written there")
  }

  private func refusal(_ found: String) -> ConnectorError {
    ConnectorError(
      .configuration,
      "\(place): `path:` holds output of this pipeline, as `\(name)` says, but \(found). Bring "
        + "back the state directory that it belongs to, or take another `path:`; or `--fresh` "
        + "starts over and writes all output once more, beside what is there. Whoever has cleared "
        + "the directory may remove that file")
  }
}
