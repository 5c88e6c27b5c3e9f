import Foundation
import TestKit
import Testing

/// The real program against a real broker, killed, frozen and started twice: what a
/// `read_committed` reader then sees must be what an undisturbed run writes, key by key in order.
@Suite(.serialized)
struct CrashTests {
  @Test func `twenty kills at random moments lose nothing and double nothing`() throws {
    let scene = try Scene()
    defer { scene.close() }
    let generator = try scene.generate(rate: 20_000, seconds: 40, runs: ["crashed", "calm"])
    #expect(generator.says("writing to"))
    let seed = UInt64.random(in: 1...1_000_000)
    var random = SeededRandom(seed: seed)
    var committed = 0
    for round in 0..<20 {
      let engine = try scene.engine("crashed", every: "250ms")
      // Every other run is killed while it starts or soon after, the others while they commit.
      if round % 2 == 1, engine.says(" checkpoint ") { committed += 1 }
      let moment = Double.random(in: 0...1.5, using: &random)
      _ = engine.until(moment) { false }
      #expect(engine.isRunning, "seed \(seed), round \(round): it ended: \(engine.errors)")
      engine.signal(SIGKILL)
      engine.wait()
    }
    #expect(committed > 5, "seed \(seed): only \(committed) runs came to a checkpoint")
    #expect(generator.wait().status == 0, "\(generator.errors)")
    for run in ["crashed", "calm"] {
      let engine = try scene.engine(run, ["--stop-at-end"])
      #expect(engine.wait().status == 0, "seed \(seed): \(engine.errors)")
    }
    let verdict = try scene.compare("crashed", with: "calm")
    #expect(verdict.status == 0, "seed \(seed): \(verdict.output)\(verdict.errors)")
    let count = try scene.verify("crashed")
    #expect(count.status == 0, "seed \(seed): \(count.output)\(count.errors)")
  }

  @Test func `a frozen copy that wakes up writes nothing`() throws {
    let scene = try Scene()
    defer { scene.close() }
    let generator = try scene.generate(rate: 5_000, seconds: 12, runs: ["crashed", "calm"])
    #expect(generator.says("writing to"))
    let frozen = try scene.engine("crashed")
    // Not every checkpoint is told on a busy machine.
    #expect(
      frozen.until(30) { frozen.errors.contains(#/ checkpoint ([3-9]|\d\d):/#) }, "\(frozen.errors)"
    )
    frozen.signal(SIGSTOP)
    // Another machine takes over with a copy of the state: the lock of the frozen process does not
    // reach there.
    let copy = scene.folder.appending(path: "taken-over")
    try FileManager.default.copyItem(at: scene.state("crashed"), to: copy)
    #expect(generator.wait().status == 0, "\(generator.errors)")
    let heir = try scene.engine("crashed", ["--stop-at-end"], state: copy)
    #expect(heir.wait().status == 0, "\(heir.errors)")
    frozen.signal(SIGCONT)
    #expect(frozen.wait(60).status == 1, "\(frozen.errors)")
    #expect(frozen.errors.contains("another instance of this pipeline"), "\(frozen.errors)")
    let calm = try scene.engine("calm", ["--stop-at-end"])
    #expect(calm.wait().status == 0, "\(calm.errors)")
    let verdict = try scene.compare("crashed", with: "calm")
    #expect(verdict.status == 0, "\(verdict.output)\(verdict.errors)")
  }

  @Test func `a second process on the same state directory is refused`() throws {
    let scene = try Scene()
    defer { scene.close() }
    #expect(try scene.generate(rate: 1_000, seconds: 3, runs: ["crashed"]).wait().status == 0)
    let first = try scene.engine("crashed")
    #expect(first.says(" checkpoint 1"), "\(first.errors)")
    let second = try scene.engine("crashed")
    #expect(second.wait().status == 1)
    #expect(second.errors.contains("another process"), "\(second.errors)")
    first.signal(SIGTERM)
    #expect(first.wait().status == 0, "\(first.errors)")
  }
}
