import Foundation
import Glibc
import Platform
import Schemas
import Testing

@testable import Checkpoints

/// The real file system under a state directory.
final class LinuxFileStoreTests {
  let root = FileManager.default.temporaryDirectory.appending(
    path: "raudal-files-\(UInt64.random(in: 0 ... .max))")

  deinit { try? FileManager.default.removeItem(at: root) }

  private var files: LinuxFileStore { LinuxFileStore(root: root.path) }

  @Test func `a file system that takes no directories is no matter of time`() {
    let error = #expect(throws: FileError.self) {
      try LinuxFileStore(root: "/proc/raudal/state").createDirectory("incarnations")
    }
    #expect(error?.kind == .denied)
    #expect(error?.path == "/proc/raudal")
    #expect(error?.kind.isRetriable == false)
  }

  @Test(arguments: [
    "views", "my-views_2", "a.b", "a b", "a/b", "..", ".hidden", "%", "a\nb\u{1}", "campaña", "5%",
    "a\r\nb", "😀",
  ])
  func `a name is one word of a path, and comes back`(_ name: String) {
    let encoded = PathName.encoded(name)
    #expect(PathName.decoded(encoded) == name)
    #expect(!encoded.hasPrefix("."))
    #expect(encoded.utf8.allSatisfy { $0 > 0x20 && $0 != UInt8(ascii: "/") && $0 != 0x7F })
    if ["views", "my-views_2", "a.b", "campaña"].contains(name) { #expect(encoded == name) }
  }

  @Test func `what is no encoded name is none`() {
    #expect(PathName.decoded("a%2") == nil)
    #expect(PathName.decoded("%GG") == nil)
    #expect(PathName.decoded("%FF") == nil)
    #expect(PathName.encoded("a b/..") == "a%20b%2F..")
  }

  @Test func `what is written comes back, whole or in part, and names are listed in order`() throws
  {
    let files = files
    try files.write("a/b/two", [1, 2, 3])
    try files.write("a/b/one", [])
    #expect(try files.read("a/b/two") == [1, 2, 3])
    #expect(try files.read("a/b/two", at: 1, count: 9) == [2, 3])
    #expect(try files.size(of: "a/b/two") == 3)
    #expect(try files.list("a/b") == ["one", "two"])
    #expect(try files.list("nowhere") == [])
    try files.rename("a/b/two", to: "a/three")
    #expect(files.exists("a/three") && !files.exists("a/b/two"))
    try files.remove("a/three")
    #expect(throws: FileError(.notFound, path: "\(root.path)/a/three", operation: "read")) {
      try files.read("a/three")
    }
  }

  @Test func `a file is made once and grows`() throws {
    let files = files
    let file = try files.create("part")
    try file.append([1, 2])
    try file.append([3])
    try file.synchronize()
    try file.close()
    #expect(try files.read("part") == [1, 2, 3])
    #expect(throws: FileError(.exists, path: "\(root.path)/part", operation: "create")) {
      _ = try files.create("part")
    }
  }

  @Test func `no path leads out of the directory`() {
    #expect(throws: FileError.self) { try files.write("../outside", [1]) }
  }

  @Test func `a second process on the directory is refused until the first has gone`() throws {
    var first: LinuxFileStore? = files
    try first.map { try CheckpointStore(pipeline: "p", files: $0).lock() }
    let second = CheckpointStore(pipeline: "p", files: files)
    let error = #expect(throws: CheckpointError.self) { try second.lock() }
    #expect(error?.reason.contains("another process runs pipeline `p`") == true)
    first = nil
    try second.lock()
  }

  @Test func `a checkpoint survives on a real disk, and an unreadable one is named`() throws {
    let files = files
    let store = CheckpointStore(pipeline: "p", files: files)
    let manifest = try PartTests.sample(store)
    try CheckpointContents(manifest.id, in: store).verify()
    // Root reads everything, so what cannot be read here is a directory in the file's place.
    let path = manifest.parts[0].path
    try files.remove(path)
    try files.createDirectory(path)
    let error = #expect(throws: CheckpointError.self) {
      try CheckpointContents(manifest.id, in: store)
    }
    #expect(error?.file == "\(root.path)/\(path)")
  }

  @Test(.enabled(if: geteuid() == 0, "mounting a small tmpfs needs root"))
  func `a full disk is a clear error, and what was committed stays`() throws {
    try FileManager.default.createDirectory(at: root, withIntermediateDirectories: true)
    try #require(mount("tmpfs", root.path, "tmpfs", 0, "size=256k") == 0)
    defer { umount(root.path) }
    let files = files
    let store = CheckpointStore(pipeline: "p", files: files)
    let manifest = try PartTests.sample(store)
    let filler = try files.create("filler")
    var error: FileError?
    for _ in 0..<100 where error == nil {
      do throws(FileError) {
        try filler.append([UInt8](repeating: 7, count: 16_384))
      } catch let full { error = full }
    }
    #expect(error?.kind == .full)
    let incarnation = try store.takeIncarnation()
    let failure = #expect(throws: CheckpointError.self) {
      try store.save(
        9, as: incarnation, workers: [],
        change: { $0.lineage = String(repeating: "x", count: 40_000) })
    }
    #expect(failure?.kind == .file(.full))
    #expect("\(try #require(failure))".contains("no space is left on the disk"))
    #expect(try store.manifests() == [CheckpointID(epoch: Epoch(1), incarnation: 1), manifest.id])
    try CheckpointContents(manifest.id, in: store).verify()
  }
}
