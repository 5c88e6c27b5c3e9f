import Checkpoints
package import Connectors
import Schemas

/// Each looks at one promise, and says in a line how it was broken.
package enum Oracle {
  /// The checkpoint that the marker names is on the disk, whole.
  package static func markedCheckpointExists(
    _ marker: CommitMarker, _ disk: Disk
  ) -> [String] {
    let name = "\(marker.epoch)"
    let manifests = disk.paths.filter { $0.hasPrefix("checkpoints/") && $0.hasSuffix(".manifest") }
    for path in manifests {
      guard let bytes = disk.bytes(path),
        let manifest = try? Manifest(decoding: bytes, file: path),
        manifest.id.epoch == marker.epoch, Manifest.digest(of: bytes) == marker.digest
      else { continue }
      let missing = manifest.parts.map(\.path).filter { disk.bytes($0) == nil }
      return missing.map { "checkpoint \(name) counts without its part \($0)" }
    }
    return ["checkpoint \(name) counts, and its manifest is gone"]
  }

  /// No manifest is ever without all of its parts.
  package static func manifestsAreWhole(_ disk: Disk) -> [String] {
    disk.paths.filter { $0.hasSuffix(".manifest") }.flatMap { path -> [String] in
      guard let bytes = disk.bytes(path), let manifest = try? Manifest(decoding: bytes, file: path)
      else { return ["\(path) cannot be read"] }
      return manifest.parts.map(\.path).filter { disk.bytes($0) == nil }
        .map { "\(path) is there without \($0)" }
    }
  }

  /// A manifest names only parts of workers that its state was dealt to: a part of another would
  /// bring back what the others have changed since.
  package static func partsHaveWorkers(_ disk: Disk) -> [String] {
    disk.paths.filter { $0.hasSuffix(".manifest") }.flatMap { path -> [String] in
      guard let bytes = disk.bytes(path), let manifest = try? Manifest(decoding: bytes, file: path)
      else { return [] }
      return manifest.parts.filter { $0.worker >= manifest.workers }
        .map { "\(path) of \(manifest.workers) workers names \($0.path)" }
    }
  }
}

/// Watches the positions and watermarks of what is committed: they never go back within a lineage.
package final class ProgressWatch {
  private var lineage = ""
  private var last: [PartitionID: StoredPartition] = [:]
  package private(set) var wrong: [String] = []

  package init() {}

  package func look(at marker: CommitMarker, _ disk: Disk) {
    let path = disk.paths.first { path in
      disk.bytes(path).map { Manifest.digest(of: $0) == marker.digest } ?? false
    }
    guard let path, let bytes = disk.bytes(path),
      let manifest = try? Manifest(decoding: bytes, file: path)
    else { return }
    if manifest.lineage != lineage { last = [:] }
    lineage = manifest.lineage
    for partition in manifest.partitions {
      if let before = last[partition.partition] {
        if partition.position.offset < before.position.offset {
          wrong.append("\(partition.partition) went back at checkpoint \(marker.epoch)")
        }
        if partition.watermark < before.watermark {
          wrong.append(
            "the watermark of \(partition.partition) went back at \(marker.epoch), from"
              + " \(before.watermark) to \(partition.watermark)")
        }
      }
    }
    let stored = Set(manifest.partitions.map(\.partition))
    for id in last.keys.sorted() where !stored.contains(id) {
      wrong.append("checkpoint \(marker.epoch) no longer knows partition \(id)")
    }
    for partition in manifest.partitions { last[partition.partition] = partition }
  }
}
