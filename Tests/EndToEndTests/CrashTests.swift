import Foundation
import TestKit
import Testing

/// The real program against a real broker, killed at random moments: what a `read_committed` reader
/// then sees must be what an undisturbed run writes, key by key and in order.
@Suite(.serialized)
struct CrashTests {
  /// Events are produced once; both runs read the same topic.
  struct Scene {
    let broker: Broker
    let events: String
    let folder: URL
    let name = UUID().uuidString.prefix(8).lowercased()

    init(rate: Int, seconds: Int) throws {
      broker = try Broker.start()
      events = "ad-events-\(name)"
      folder = FileManager.default.temporaryDirectory.appending(path: "raudal-crash-\(name)")
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    var environment: [String: String] { ["KAFKA_BROKERS": broker.address] }

    func generate(rate: Int, seconds: Int) throws -> Child {
      try Child(
        Commands.raudal,
        [
          "generate", "ad-events", "--rate", "\(rate)", "--seconds", "\(seconds)", "--to", "kafka",
          "--topic", events, "--partitions", "4", "--create-topic", output("crashed"),
          "--create-topic", output("calm"), "--create-topic", "\(events).dead",
        ], environment: environment)
    }

    func output(_ run: String) -> String { "views-\(run)-\(name)" }

    func engine(_ run: String, stopAtEnd: Bool, brokers: String? = nil) throws -> Child {
      var arguments = [
        "run", "Pipelines/campaign_views.raudal", "--state",
        folder.appending(path: run).path, "--set", "events_topic=\(events)", "--set",
        "views_topic=\(output(run))", "--set", "checkpoint_every=1s",
      ]
      if stopAtEnd { arguments.append("--stop-at-end") }
      return try Child(
        Commands.raudal, arguments,
        environment: brokers.map { ["KAFKA_BROKERS": $0] } ?? environment)
    }

    func compare() throws -> Commands.Result {
      try Commands.run(
        Commands.root.appending(path: "scripts/audit"),
        [
          "compare", "--brokers", broker.address, "--output", output("crashed"), "--against",
          output("calm"),
        ])
    }

    func close() {
      broker.stop()
      try? FileManager.default.removeItem(at: folder)
    }
  }

  @Test func `twenty kills at random moments lose nothing and double nothing`() throws {
    let scene = try Scene(rate: 20_000, seconds: 40)
    defer { scene.close() }
    let generator = try scene.generate(rate: 20_000, seconds: 40)
    let seed = UInt64.random(in: 1...1_000_000)
    var random = SeededRandom(seed: seed)
    for _ in 0..<20 {
      let engine = try scene.engine("crashed", stopAtEnd: false)
      let moment = Double.random(in: 0.2...2.5, using: &random)
      _ = engine.until(moment) { !engine.isRunning }
      #expect(engine.isRunning, "the engine ended by itself: \(engine.errors)")
      engine.signal(SIGKILL)
      engine.wait()
    }
    #expect(generator.wait().status == 0, "\(generator.errors)")
    for run in ["crashed", "calm"] {
      let engine = try scene.engine(run, stopAtEnd: true)
      #expect(engine.wait().status == 0, "\(engine.errors)")
    }
    let verdict = try scene.compare()
    #expect(verdict.status == 0, "seed \(seed): \(verdict.output)")
  }

  @Test func `a frozen copy that wakes up writes nothing`() throws {
    let scene = try Scene(rate: 5_000, seconds: 12)
    defer { scene.close() }
    let generator = try scene.generate(rate: 5_000, seconds: 12)
    let frozen = try scene.engine("crashed", stopAtEnd: false)
    #expect(frozen.until(20) { frozen.errors.contains("checkpoint 2") }, "\(frozen.errors)")
    frozen.signal(SIGSTOP)
    // Another machine takes over with a copy of the state: the lock of the frozen process does not
    // reach there.
    let copy = scene.folder.appending(path: "taken-over")
    try FileManager.default.copyItem(
      at: scene.folder.appending(path: "crashed"), to: copy)
    #expect(generator.wait().status == 0, "\(generator.errors)")
    var arguments = [
      "run", "Pipelines/campaign_views.raudal", "--state", copy.path, "--stop-at-end",
    ]
    for (name, value) in [
      ("events_topic", scene.events), ("views_topic", scene.output("crashed")),
      ("checkpoint_every", "1s"),
    ] {
      arguments += ["--set", "\(name)=\(value)"]
    }
    let heir = try Child(Commands.raudal, arguments, environment: scene.environment)
    #expect(heir.wait().status == 0, "\(heir.errors)")
    frozen.signal(SIGCONT)
    #expect(frozen.wait().status == 1)
    #expect(frozen.errors.contains("fenced"), "\(frozen.errors)")
    let calm = try scene.engine("calm", stopAtEnd: true)
    #expect(calm.wait().status == 0, "\(calm.errors)")
    let verdict = try scene.compare()
    #expect(verdict.status == 0, "\(verdict.output)")
  }

  @Test func `a second process on the same state directory is refused`() throws {
    let scene = try Scene(rate: 1_000, seconds: 3)
    defer { scene.close() }
    _ = try scene.generate(rate: 1_000, seconds: 3).wait()
    let first = try scene.engine("crashed", stopAtEnd: false)
    #expect(first.until(20) { first.errors.contains("checkpoint 1") }, "\(first.errors)")
    let second = try scene.engine("crashed", stopAtEnd: false)
    #expect(second.wait().status == 1)
    #expect(second.errors.contains("another process"), "\(second.errors)")
    first.signal(SIGTERM)
    #expect(first.wait().status == 0, "\(first.errors)")
  }
}
