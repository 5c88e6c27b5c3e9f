package import Connectors
internal import Schemas

/// The marker as metadata of a committed offset: `raudal1:<lineage>:<epoch>:<digest>`.
package enum CommitMarkerText {
  /// Kafka's limit for metadata is 4,096 bytes unless the broker says otherwise.
  package static let limit = 4096

  package static func encode(_ marker: CommitMarker) -> String {
    "raudal1:\(marker.lineage):\(marker.epoch.number):\(marker.digest)"
  }

  /// nil if the text is not one of ours, or does not belong to this offset.
  package static func decode(_ text: String, offset: Int64) -> CommitMarker? {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 4, parts[0] == "raudal1", let epoch = UInt64(parts[2]),
      Int64(exactly: epoch) == offset
    else { return nil }
    return CommitMarker(
      epoch: Epoch(epoch), lineage: String(parts[1]), digest: String(parts[3]))
  }
}
