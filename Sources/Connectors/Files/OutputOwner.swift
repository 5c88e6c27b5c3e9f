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
  private let name: String
  private let place: String
  private let files: any FileStore
  /// Of this life, until it is written down.
  private let pending = Mutex<String?>(nil)

  init(name: String, place: String, files: any FileStore) {
    self.name = name
    self.place = place
    self.files = files
  }

  /// Refuses a lineage that the output is not of, unless it is the user's wish to begin anew.
  func claim(_ claim: OutputClaim) throws(FileError) -> ConnectorError? {
    let known = try lineages()
    if claim.startsOver {
      if !known.isEmpty { try write(known + [claim.lineage]) }
    } else if !known.isEmpty, !known.contains(claim.lineage) {
      return refusal(claim)
    }
    pending.withLock { $0 = known == [claim.lineage] ? nil : claim.lineage }
    return nil
  }

  /// Called before a part gets its name.
  func record() throws(FileError) {
    guard let lineage = pending.withLock({ $0 }) else { return }
    try write([lineage])
    pending.withLock { $0 = nil }
  }

  private func lineages() throws(FileError) -> [String] {
    guard files.exists(name) else { return [] }
    return String(decoding: try files.read(name), as: UTF8.self)
      .split(separator: "\n").map(String.init)
  }

  private func write(_ lineages: [String]) throws(FileError) {
    try files.write(name, Array((lineages.joined(separator: "\n") + "\n").utf8))
  }

  private func refusal(_ claim: OutputClaim) -> ConnectorError {
    let found =
      claim.hasState
      ? "another state directory's run of this pipeline wrote there"
      : "the state directory holds no checkpoint"
    return ConnectorError(
      .configuration,
      "\(place): `path:` holds output of this pipeline, but \(found). Bring back the state "
        + "directory that it belongs to, or take another `path:`; or `--fresh` starts over and "
        + "writes all output once more, beside what is there")
  }
}
