import Foundation
import TestKit
import Testing

/// The cable to the broker is cut while the engine works, and put back.
@Suite(.serialized)
struct CutTests {
  @Test(.enabled(if: Broker.startsOwn, "the broker is not ours to cut off"), arguments: [1.0, 10])
  func `a cut connection is waited for and changes nothing`(seconds: Double) throws {
    try cut(for: seconds)
  }

  /// Longer than a transaction may stay open: the broker may have aborted it by then.
  @Test(
    .enabled(if: Commands.isLong, "takes two minutes: make test-all"),
    .enabled(if: Broker.startsOwn, "the broker is not ours to cut off"))
  func `a connection cut for longer than a transaction may last changes nothing`() throws {
    try cut(for: 70)
  }

  private func cut(for seconds: Double) throws {
    let scene = try Scene()
    defer { scene.close() }
    let proxy = try Proxy(before: scene.broker)
    defer { proxy.stop() }
    let generator = try scene.generate(
      rate: 5_000, seconds: Int(seconds) + 12, runs: ["cut", "calm"])
    #expect(generator.says("writing to"))
    let engine = try scene.engine("cut", brokers: proxy.address)
    #expect(engine.says(" checkpoint 2"), "\(engine.errors)")
    proxy.cut()
    _ = engine.until(seconds) { false }
    proxy.mend()
    #expect(generator.wait().status == 0, "\(generator.errors)")
    #expect(engine.isRunning, "\(engine.errors)")
    // It has recovered when it commits what came in last.
    let before = engine.errors.count
    #expect(
      engine.until(60) { engine.errors.dropFirst(before).contains(" checkpoint ") },
      "\(engine.errors)")
    engine.signal(SIGTERM)
    #expect(engine.wait(60).status == 0, "\(engine.errors)")
    for run in ["cut", "calm"] {
      let last = try scene.engine(run, ["--stop-at-end"])
      #expect(last.wait().status == 0, "\(last.errors)")
    }
    let verdict = try scene.compare("cut", with: "calm")
    #expect(verdict.status == 0, "\(verdict.output)\(verdict.errors)\n\(engine.errors)")
  }
}
