import Foundation
import Testing

/// More files than the process may have open.
struct ManyFilesTests {
  private static let count = 700

  private func start(_ place: Workplace, _ options: [String] = []) throws -> Child {
    let command = "ulimit -n 256; exec \"$0\" \"$@\""
    return try Child(
      URL(filePath: "/bin/sh"),
      [
        "-c", command, Commands.raudal.path, "run", place.path("p.raudal").path, "--state",
        place.path("state").path,
      ] + options)
  }

  private func place(follow: Bool) throws -> Workplace {
    let place = try Workplace()
    try place.write(
      "p.raudal",
      """
      pipeline many
      type R { n: int }
      source r: R from file { path: "in/*.jsonl", parallel: true, follow: \(follow), on_error: fail }
      stream s = r | map { n }
      sink s to file { path: "out" }
      checkpoint { every: 1s }
      """)
    try FileManager.default.createDirectory(
      at: place.path("in"), withIntermediateDirectories: true)
    for number in 0..<Self.count { try place.write("in/\(number).jsonl", "{\"n\":\(number)}\n") }
    return place
  }

  @Test(.timeLimit(.minutes(2)))
  func `files of their own are read, however many`() throws {
    let place = try place(follow: false)
    let result = try start(place).wait(90)
    #expect(result.status == 0, "\(result.errors)")
    #expect(try Set(place.lines("out")).count == Self.count)
  }

  @Test(.timeLimit(.minutes(3)))
  func `files of their own are followed, however many`() throws {
    let place = try place(follow: true)
    let child = try start(place)
    func wait(for count: Int) throws -> Bool {
      let deadline = Date().addingTimeInterval(60)
      while try place.lines("out").count < count, Date() < deadline {
        Thread.sleep(forTimeInterval: 0.2)
      }
      return try place.lines("out").count == count
    }
    #expect(try wait(for: Self.count), "\(child.errors)")
    for number in 0..<Self.count {
      let handle = try FileHandle(forWritingTo: place.path("in/\(number).jsonl"))
      try handle.seekToEnd()
      try handle.write(contentsOf: Data("{\"n\":\(Self.count + number)}\n".utf8))
      try handle.close()
    }
    #expect(try wait(for: 2 * Self.count), "\(child.errors)")
    child.signal(SIGTERM)
    #expect(child.wait(60).status == 0, "\(child.errors)")
    #expect(try Set(place.lines("out")).count == 2 * Self.count)
  }
}
