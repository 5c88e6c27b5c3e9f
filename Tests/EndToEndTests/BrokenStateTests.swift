import Foundation
import TestKit
import Testing

/// State directories that are damaged, foreign or full: a clear refusal, and once the damage is
/// undone the run goes on as if nothing had been.
struct BrokenStateTests {
  /// A run that was stopped in the middle of its input, with state in its checkpoint.
  private func stopped() throws -> Workplace {
    let place = try Workplace(follow: true)
    try place.write("in.jsonl", Workplace.events(0..<1_000))
    let engine = try place.start([])
    #expect(engine.says(" checkpoint 2"), "\(engine.errors)")
    engine.signal(SIGTERM)
    #expect(engine.wait(30).status == 0, "\(engine.errors)")
    return place
  }

  /// Goes on with twice the input, and expects all of it in the output.
  private func expectWhole(_ place: Workplace) throws {
    try place.write("in.jsonl", Workplace.events(0..<2_000))
    try place.write("p.raudal", place.definition(named: "broken"))
    let last = try place.run()
    #expect(last.status == 0, "\(last.errors)")
    #expect(try place.lines("rows").count == 2_000)
    let sum = try place.lines("counts").map { line in
      try JSONDecoder().decode(Count.self, from: Data(line.utf8)).rows
    }.reduce(0, +)
    #expect(sum == 2_000)
  }

  private struct Count: Decodable { var rows: Int }

  @Test func `a flipped bit in a checkpoint's files is found and named`() throws {
    let place = try stopped()
    var random = SeededRandom(seed: .random(in: 1...1_000))
    let manifest = try #require(try place.files("state/checkpoints").last)
    let part = try #require(try place.files("state/parts").last)
    for file in [manifest, part] {
      let whole = try Data(contentsOf: file)
      let places = [0, whole.count - 1, .random(in: 1..<whole.count - 1, using: &random)]
      for offset in places {
        var damaged = whole
        damaged[offset] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        try damaged.write(to: file)
        let result = try place.run([])
        #expect(result.status == 1, "byte \(offset) of \(file): \(result.errors)")
        #expect(
          result.errors.contains("checkpoint file")
            && result.errors.contains(file.lastPathComponent),
          "byte \(offset): \(result.errors)")
        #expect(
          result.errors.components(separatedBy: "from a copy").count <= 2,
          "told twice: \(result.errors)")
      }
      try whole.write(to: file)
    }
    try expectWhole(place)
  }

  @Test func `checkpoints that are cut short or something else are refused`() throws {
    let place = try stopped()
    let manifest = try #require(try place.files("state/checkpoints").last)
    let whole = try Data(contentsOf: manifest)
    for bytes in [whole.prefix(whole.count / 2), Data(), Data("no checkpoint".utf8)] {
      try bytes.write(to: manifest)
      let result = try place.run([])
      #expect(result.status == 1)
      #expect(result.errors.contains(manifest.lastPathComponent), "\(result.errors)")
    }
    try whole.write(to: manifest)
    try expectWhole(place)
  }

  @Test func `the checkpoint of another pipeline is refused`() throws {
    let place = try stopped()
    try place.write("p.raudal", place.definition(named: "other"))
    let result = try place.run()
    #expect(result.status == 1)
    #expect(result.errors.contains("it belongs to pipeline `broken`"), "\(result.errors)")
    try expectWhole(place)
  }

  @Test func `a state directory that cannot be one ends the run at once, and says what to do`()
    throws
  {
    let place = try Workplace()
    try place.write("in.jsonl", Workplace.events(0..<10))
    try place.write("file", "no directory")
    // Nobody may make a directory there, not even root.
    let forbidden = URL(filePath: "/sys/raudal-state")
    for state in [place.path("file"), place.path("file/below"), forbidden] {
      let result = try place.start(state: state).wait(60)
      #expect(result.status == 1, "\(result.errors)")
      for words in [state.path, "--state"] {
        #expect(result.errors.contains(words), "\(result.errors)")
      }
      #expect(!result.errors.contains("trying again"), "\(result.errors)")
    }
    let whole = try place.run()
    #expect(whole.status == 0, "\(whole.errors)")
    #expect(try place.lines("rows").count == 10)
  }

  @Test func `a sink's folder that cannot be one ends the run at once, and says what to do`()
    throws
  {
    let place = try Workplace()
    try place.write("in.jsonl", Workplace.events(0..<10))
    try place.write("rows", "no directory")
    let result = try place.run()
    #expect(result.status == 1, "\(result.errors)")
    for words in ["sink `rows`", "`path:`", place.path("rows").path] {
      #expect(result.errors.contains(words), "\(result.errors)")
    }
    #expect(!result.errors.contains("trying again"), "\(result.errors)")
  }

  @Test func `a part that is missing ends the run at once, and says where to go on`() throws {
    let place = try stopped()
    let part = try #require(try place.files("state/parts").last)
    let away = place.path("away")
    try FileManager.default.moveItem(at: part, to: away)
    let result = try place.run([])
    #expect(result.status == 1)
    for words in [part.path, "it is missing", "--from ", "the newest that is whole"] {
      #expect(result.errors.contains(words), "\(result.errors)")
    }
    #expect(!result.errors.contains("trying again"), "\(result.errors)")
    try FileManager.default.moveItem(at: away, to: part)
    try expectWhole(place)
  }

  @Test func `a damaged record of an incarnation leaves --from and --fresh`() throws {
    let place = try stopped()
    let record = try #require(try place.files("state/incarnations").last)
    var bytes = try Data(contentsOf: record)
    bytes[9] ^= 1
    try bytes.write(to: record)
    let refused = try place.run([])
    #expect(refused.status == 1)
    for part in [record.lastPathComponent, "--from", "--fresh"] {
      #expect(refused.errors.contains(part), "\(part): \(refused.errors)")
    }
    for request in [["--from", "2"], ["--fresh"]] {
      try bytes.write(to: record)
      let result = try place.run(request + ["--stop-at-end"])
      #expect(result.status == 0, "\(request): \(result.errors)")
    }
  }

  @Test func `output that its reader has taken away is not missed`() throws {
    let place = try stopped()
    for folder in ["rows", "counts"] {
      for file in try place.files(folder) { try FileManager.default.removeItem(at: file) }
    }
    try place.write("in.jsonl", Workplace.events(0..<2_000))
    try place.write("p.raudal", place.definition(named: "broken"))
    let last = try place.run()
    #expect(last.status == 0, "\(last.errors)")
    #expect(try place.lines("rows").count == 1_000)
  }

  /// Whether there is a small disk of its own now; there is no right to mount one everywhere.
  private func mountDisk(_ disk: URL) throws -> Bool {
    try FileManager.default.createDirectory(at: disk, withIntermediateDirectories: true)
    let mounted = try Commands.run(
      URL(filePath: "/bin/mount"), ["-t", "tmpfs", "-o", "size=512k", "tmpfs", disk.path])
    if mounted.status != 0 {
      withKnownIssue(
        "no right to mount a small disk here; run as root to see this", isIntermittent: true
      ) {
        Issue.record("\(mounted.errors)")
      }
    }
    return mounted.status == 0
  }

  private func unmount(_ disk: URL) {
    _ = try? Commands.run(URL(filePath: "/bin/umount"), ["-l", disk.path])
  }

  @Test func `a sink on a full disk goes on when there is room, and loses nothing`() throws {
    let place = try Workplace(follow: true)
    let disk = place.path("rows")
    guard try mountDisk(disk) else { return }
    defer { unmount(disk) }
    let filler = disk.appending(path: "filler")
    _ = try Commands.run(
      URL(filePath: "/bin/dd"), ["if=/dev/zero", "of=\(filler.path)", "bs=4k", "count=1000"])
    try place.write("in.jsonl", Workplace.events(0..<1_000))
    let engine = try place.start([])
    #expect(engine.says("trying again"), "\(engine.errors)")
    for words in ["sink `rows`", disk.path, "no space is left", "free some space"] {
      #expect(engine.errors.contains(words), "\(engine.errors)")
    }
    try FileManager.default.removeItem(at: filler)
    #expect(
      engine.until(60) { (try? place.lines("rows").count) == 1_000 }, "\(engine.errors)")
    engine.signal(SIGTERM)
    #expect(engine.wait(30).status == 0, "\(engine.errors)")
    #expect(try place.lines("rows").count == 1_000)
  }

  @Test func `a full disk is waited for, and nothing is lost`() throws {
    let place = try Workplace(follow: true)
    let disk = place.path("disk")
    guard try mountDisk(disk) else { return }
    defer { unmount(disk) }
    try place.write("in.jsonl", Workplace.events(0..<1_000))
    let state = disk.appending(path: "state")
    let engine = try place.start([], state: state)
    #expect(engine.says(" checkpoint 1"), "\(engine.errors)")
    let filler = disk.appending(path: "filler")
    _ = try Commands.run(
      URL(filePath: "/bin/dd"), ["if=/dev/zero", "of=\(filler.path)", "bs=4k", "count=1000"])
    #expect(engine.says("trying again"), "\(engine.errors)")
    #expect(engine.errors.contains("o space"), "\(engine.errors)")
    try FileManager.default.removeItem(at: filler)
    let before = engine.errors.count
    #expect(
      engine.until(40) { engine.errors.dropFirst(before).contains(" checkpoint ") },
      "\(engine.errors)")
    engine.signal(SIGTERM)
    #expect(engine.wait(30).status == 0, "\(engine.errors)")
    try FileManager.default.copyItem(at: state, to: place.path("state"))
    try expectWhole(place)
  }
}
