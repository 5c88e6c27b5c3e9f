import Checkpoints
package import Connectors
import Platform
import Schemas

/// Each looks at one promise, and says in a line how it was broken.
package enum Oracle {
  /// The committed output is what an undisturbed run would have written.
  package static func outputIsRight(
    _ output: [String], of plan: SimulatedPlan, rows: [[(key: String, time: Int64)]]
  ) -> [String] {
    switch plan {
    case .counts: everyRecordCountsOnce(output, rows.joined().map(\.key))
    case .windows: everyWindowCountsOnce(output, rows.joined().map { $0 })
    }
  }

  /// Of every key the counts from one to the number of its records, each once, in order.
  private static func everyRecordCountsOnce(_ output: [String], _ keys: [String]) -> [String] {
    var expected: [String: Int] = [:]
    for key in keys { expected[key, default: 0] += 1 }
    var seen: [String: Int] = [:]
    var wrong: [String] = []
    for line in output {
      let parts = line.split(separator: ":")
      guard parts.count == 2, let count = Int(parts[1]) else {
        wrong.append("output `\(line)` is no count")
        continue
      }
      let key = String(parts[0])
      let before = seen[key] ?? 0
      if count != before + 1 { wrong.append("\(key): \(count) follows \(before)") }
      seen[key] = count
    }
    for (key, count) in expected.sorted(by: { $0.key < $1.key }) where seen[key] != count {
      wrong.append("\(key): \(seen[key] ?? 0) of \(count) were counted")
    }
    for key in seen.keys.sorted() where expected[key] == nil {
      wrong.append("\(key) was never read")
    }
    return wrong
  }

  /// One row for each key and window that holds records, with their number; of a key, windows in
  /// order.
  private static func everyWindowCountsOnce(
    _ output: [String], _ rows: [(key: String, time: Int64)]
  ) -> [String] {
    let size = SimulatedPlan.windowSize
    var expected: [String: Int] = [:]
    for row in rows {
      let start = row.time / size * size
      expected["\(row.key):\(start):\(start + size)", default: 0] += 1
    }
    var wrong: [String] = []
    let lines = expected.map { "\($0.key):\($0.value)" }.sorted()
    if output.sorted() != lines {
      let lost = Set(lines).subtracting(output).sorted().prefix(2)
      let extra = Set(output).subtracting(lines).sorted().prefix(2)
      wrong.append("windows: \(output.count) of \(lines.count), lost \(lost), extra \(extra)")
    }
    var last: [Substring: Int] = [:]
    for line in output {
      let parts = line.split(separator: ":")
      guard parts.count == 4, let start = Int(parts[1]) else { continue }
      if let before = last[parts[0]], before >= start {
        wrong.append("\(parts[0]): window \(start) follows \(before)")
      }
      last[parts[0]] = start
    }
    return wrong
  }

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
          wrong.append("the watermark of \(partition.partition) went back at \(marker.epoch)")
        }
      }
      last[partition.partition] = partition
    }
  }
}
