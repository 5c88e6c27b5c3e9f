import Foundation
import TestKit

/// A broker with a topic of ad events, and engines that count them. Events are produced once; all
/// runs of a scene read the same topic, each into a topic and a state directory of its own.
final class Scene {
  let broker: Broker
  let folder: URL
  let name = UUID().uuidString.prefix(8).lowercased()
  /// Seconds of a window: short ones give many rows to compare.
  private static let period = 1
  private var children: [Child] = []

  init() throws {
    broker = try Broker.start()
    folder = FileManager.default.temporaryDirectory.appending(path: "raudal-scene-\(name)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try FileManager.default.copyItem(
      at: Commands.root.appending(path: "Pipelines/ads.csv"), to: folder.appending(path: "ads.csv"))
  }

  var events: String { "ad-events-\(name)" }
  func output(_ run: String) -> String { "views-\(run)-\(name)" }
  func state(_ run: String) -> URL { folder.appending(path: run) }

  /// The example's definition under a name of its own: runs on one cluster that share a name would
  /// take each other for the same pipeline.
  func definition(_ run: String) throws -> URL {
    let file = folder.appending(path: "\(run).raudal")
    let text = try String(
      contentsOf: Commands.root.appending(path: "Pipelines/campaign_views.raudal"), encoding: .utf8)
    let own = text.replacing("pipeline campaign_views", with: "pipeline \(run)_\(name)")
    try Data(own.utf8).write(to: file)
    return file
  }

  /// Produces live events, and makes the topics of these runs.
  func generate(rate: Int, seconds: Int, runs: [String]) throws -> Child {
    var arguments = [
      "generate", "ad-events", "--rate", "\(rate)", "--seconds", "\(seconds)", "--to", "kafka",
      "--topic", events, "--partitions", "4", "--create-topic", "\(events).dead",
    ]
    for run in runs { arguments += ["--create-topic", output(run)] }
    return try start(arguments)
  }

  /// - Parameters:
  ///   - brokers: what it takes for the broker; nil: the broker itself.
  ///   - state: another state directory.
  ///   - every: between checkpoints.
  func engine(
    _ run: String, _ options: [String] = [], brokers: String? = nil, state: URL? = nil,
    every: String = "1s"
  ) throws -> Child {
    try start(
      [
        "run", try definition(run).path, "--state", (state ?? self.state(run)).path,
        "--set", "events_topic=\(events)", "--set", "views_topic=\(output(run))",
        "--set", "checkpoint_every=\(every)", "--set", "period=\(Self.period)s",
      ] + options, brokers: brokers)
  }

  private func start(_ arguments: [String], brokers: String? = nil) throws -> Child {
    let child = try Child(
      Commands.raudal, arguments, environment: ["KAFKA_BROKERS": brokers ?? broker.address])
    children.append(child)
    return child
  }

  /// What an independent reader says of two outputs: status 0 if they hold the same rows, key by
  /// key and in order.
  func compare(_ run: String, with other: String) throws -> Commands.Result {
    try Commands.run(
      Commands.audit,
      [
        "compare", "--brokers", broker.address, "--output", output(run), "--against",
        output(other),
      ])
  }

  /// What an independent reader counts: status 0 if nothing is lost or doubled.
  func verify(_ run: String) throws -> Commands.Result {
    try Commands.run(
      Commands.audit,
      [
        "verify", "--brokers", broker.address, "--input", events, "--output", output(run), "--ads",
        folder.appending(path: "ads.csv").path, "--period", "\(Self.period)",
      ])
  }

  func close() {
    for child in children { child.signal(SIGKILL) }
    for child in children { child.wait() }
    broker.stop()
    try? FileManager.default.removeItem(at: folder)
  }
}
