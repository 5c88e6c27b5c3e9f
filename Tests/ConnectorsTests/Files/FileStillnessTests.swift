import Foundation
import Glibc
import Plans
import Testing

@testable import Connectors

/// Files whose time of last change lies in the future.
struct FileStillnessTests {
  private static let second: Int64 = 1_000_000_000

  private func status(written seconds: Int, size: Int = 1) -> stat {
    var status = stat()
    status.st_mtim = timespec(tv_sec: seconds, tv_nsec: 0)
    status.st_size = off_t(size)
    return status
  }

  private func now(_ wall: Double, _ steady: Double) -> FileStillness.Now {
    FileStillness.Now(
      wall: Int64(wall * Double(Self.second)), steady: Int64(steady * Double(Self.second)))
  }

  @Test func `a time in the past says by itself how long a file is still`() {
    var stillness = FileStillness()
    let found = [
      stillness.isStill("a", status(written: 100), for: 1, at: now(101, 0)),
      stillness.isStill("a", status(written: 100), for: 10, at: now(101, 0)),
      stillness.isStill("a", status(written: 100), for: 10, at: now(110, 1)),
    ]
    #expect(found == [true, false, true])
  }

  @Test func `a time that may be of another clock counts from when it is seen`() {
    var stillness = FileStillness()
    let found = [100.0, 105, 111, 161].map { wall in
      stillness.isStill("a", status(written: 90), for: 10, doubting: 60, at: now(wall, wall))
    }
    let old = stillness.isStill("b", status(written: 90), for: 10, doubting: 60, at: now(160, 160))
    #expect(found == [false, false, true, true] && old)
  }

  @Test func `a time in the future does not, and counts from when it is seen`() {
    var stillness = FileStillness()
    let early = status(written: 1_000)
    let late = status(written: 1_001, size: 2)
    var found = [
      stillness.isStill("a", early, for: 2, at: now(100, 5)),
      stillness.isStill("a", early, for: 2, at: now(101.5, 6.5)),
      // Written again: by its size, and by its time alone.
      stillness.isStill("a", status(written: 1_000, size: 2), for: 2, at: now(102.5, 7.5)),
      stillness.isStill("a", late, for: 2, at: now(104, 9)),
      stillness.isStill("b", early, for: 2, at: now(105, 10)),
    ]
    #expect(found == [false, false, false, false, false])
    found = [
      stillness.isStill("a", late, for: 2, at: now(106, 11)),
      // The clock comes up to it, and is set back.
      stillness.isStill("a", late, for: 2, at: now(1_001.5, 12)),
      stillness.isStill("a", late, for: 2, at: now(50, 13)),
    ]
    #expect(found == [true, true, true])
    stillness.forget(except: ["b"])
    found = [
      stillness.isStill("a", late, for: 2, at: now(51, 14)),
      stillness.isStill("b", early, for: 2, at: now(52, 15)),
    ]
    #expect(found == [false, true])
  }

  @Test(.timeLimit(.minutes(5)), arguments: ["a.log", "*.log"])
  func `what is written to a file behind its rotation is read, whatever its time`(
    path: String
  ) throws {
    var found: [String]?
    for _ in 0..<20 where found == nil { found = try rotated(path) }
    #expect(found == ["0", "0 late", "1"])
  }

  /// What is read of a file that is written behind its rotation; nil where that took about as long
  /// as a file is waited for: on a busy host the line may come too late.
  private func rotated(_ path: String) throws -> [String]? {
    let scratch = Scratch()
    let change = { (name: String) in
      try FileManager.default.setAttributes(
        [.modificationDate: Date().addingTimeInterval(3_600)],
        ofItemAtPath: "\(scratch.path)/\(name)")
    }
    try scratch.write("a.log", "0\n")
    try change("a.log")
    let run = try PartitionRun(
      try fileSource("\(scratch.path)/\(path)", .json, ["follow": .bool(true)]))
    try run.read { $0.caughtUp > 0 }
    let began = ContinuousClock.now
    try FileManager.default.moveItem(
      atPath: "\(scratch.path)/a.log", toPath: "\(scratch.path)/a.1")
    try scratch.write("a.log", "1\n")
    try wait { isOpen("\(scratch.path)/a.log") }
    try scratch.append("a.1", "0 late\n")
    try change("a.1")
    if ContinuousClock.now - began > .milliseconds(500) { return nil }
    try run.read { $0.records.last == "1" }
    return run.given.records
  }
}
