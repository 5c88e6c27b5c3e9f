import Foundation
import Platform
import Schemas
import Testing

@testable import Checkpoints

/// A checkpoint of format version 1, kept for ever: every later program reads it. Its files are
/// made once (`RAUDAL_UPDATE_GOLDEN=1`) and never changed.
struct GoldenCheckpointTests {
  static let folder = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "Golden/Checkpoints/v1")

  @Test func `version 1 is read as it was written`() throws {
    let files = LinuxFileStore(root: Self.folder.path)
    let store = CheckpointStore(pipeline: "p", files: files)
    if ProcessInfo.processInfo.environment["RAUDAL_UPDATE_GOLDEN"] == "1",
      try store.manifests().isEmpty
    {
      _ = try PartTests.sample(store)
    }
    let contents = try store.contents(of: Epoch(2))
    try contents.verify()
    #expect(contents.digest == (try store.manifest(contents.manifest.id).digest))
    #expect(contents.manifest.partitions.map(\.position.offset) == [12])
    #expect(contents.manifest.partitions.map(\.watermark.microseconds) == [99])
    #expect(contents.manifest.outputs.map(\.payload) == ["part-2"])
    #expect(contents.manifest.keyHash == "xxh3-64/1")
    #expect(
      try restored(contents, OperatorID("views.window"), [.counts]) == [
        #"counts group 3 ["a", 1]"#, #"counts group 3 ["b", null]"#, #"counts group 3 ["a", 2]"#,
        #"counts group 900 ["c", 5]"#, #"counts group 900 ["c", 6]"#,
      ])
    #expect(contents.rowCounts.map(\.rows) == [5, 2])
  }
}
