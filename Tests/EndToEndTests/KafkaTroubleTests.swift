import Foundation
import TestKit
import Testing

/// What a cluster, a topic or a state directory may have in store for a pipeline on Kafka: a clear
/// error or a patient wait, and nothing lost.
@Suite(.serialized)
struct KafkaTroubleTests {
  @Test func `topics and tables that are missing are named`() throws {
    let scene = try Scene()
    defer { scene.close() }
    let noSource = try scene.engine("calm").wait(60)
    #expect(noSource.status == 1)
    #expect(
      noSource.errors.contains("topic `\(scene.events)` does not exist"), "\(noSource.errors)")
    #expect(try scene.generate(rate: 1_000, seconds: 1, runs: ["calm"]).wait().status == 0)
    let table = scene.folder.appending(path: "ads.csv")
    let ads = try Data(contentsOf: table)
    try FileManager.default.removeItem(at: table)
    let noTable = try scene.engine("calm", ["--stop-at-end"]).wait(60)
    #expect(noTable.status == 1)
    #expect(noTable.errors.contains("ads.csv"), "\(noTable.errors)")
    try ads.write(to: table)
    let all = try scene.engine("calm", ["--stop-at-end"]).wait(60)
    #expect(all.status == 0, "\(all.errors)")
    let verdict = try scene.verify("calm")
    #expect(verdict.status == 0, "\(verdict.output)\(verdict.errors)")
  }

  @Test(.enabled(if: Broker.startsOwn, "the broker is not ours to cut off"))
  func `a broker that is away at the start is waited for`() throws {
    let scene = try Scene()
    defer { scene.close() }
    let proxy = try Proxy(before: scene.broker)
    defer { proxy.stop() }
    #expect(try scene.generate(rate: 1_000, seconds: 2, runs: ["late"]).wait().status == 0)
    proxy.cut()
    let engine = try scene.engine("late", ["--stop-at-end"], brokers: proxy.address)
    #expect(engine.says("no broker answers at"), "\(engine.errors)")
    proxy.mend()
    #expect(engine.wait(60).status == 0, "\(engine.errors)")
    let verdict = try scene.verify("late")
    #expect(verdict.status == 0, "\(verdict.output)\(verdict.errors)")
    proxy.cut()
    let impatient = try scene.engine("late", brokers: proxy.address)
    #expect(impatient.says("no broker answers at"), "\(impatient.errors)")
    #expect(impatient.errors.contains(proxy.address), "\(impatient.errors)")
    impatient.signal(SIGTERM)
    // Well before the start's patience is over.
    let stopped = impatient.wait(20)
    #expect(stopped.status == 0, "\(stopped.errors)")
    #expect(stopped.errors.contains("stopped before it began"), "\(stopped.errors)")
    proxy.mend()
    let again = try scene.engine("late", ["--stop-at-end"], brokers: proxy.address).wait(60)
    #expect(again.status == 0 && again.errors.contains("nothing to do"), "\(again.errors)")
  }

  @Test func `a broker that says nothing is told of, and a stop is obeyed`() throws {
    let scene = try Scene()
    defer { scene.close() }
    let silent = try SilentPort()
    defer { silent.close() }
    let engine = try scene.engine("silent", brokers: silent.address)
    #expect(engine.says("no broker answers at \(silent.address)", within: 20), "\(engine.errors)")
    engine.signal(SIGINT)
    let stopped = engine.wait(20)
    #expect(stopped.status == 0, "\(stopped.errors)")
    #expect(stopped.errors.contains("stopped before it began"), "\(stopped.errors)")
  }

  @Test func `a state directory that was lost, or put back too old, is refused with both named`()
    throws
  {
    let scene = try Scene()
    defer { scene.close() }
    #expect(try scene.generate(rate: 1_000, seconds: 2, runs: ["lost"]).wait().status == 0)
    let engine = try scene.engine("lost")
    #expect(engine.says(" checkpoint 1"), "\(engine.errors)")
    let old = scene.folder.appending(path: "old")
    engine.signal(SIGSTOP)
    try FileManager.default.copyItem(at: scene.state("lost"), to: old)
    engine.signal(SIGCONT)
    let seen = engine.errors.count
    let isFurther = engine.until(90) {
      engine.errors.dropFirst(seen).components(separatedBy: " checkpoint ").count > 3
    }
    #expect(isFurther, "\(engine.errors)")
    // A start that is refused leaves the process alone that runs the pipeline.
    let empty = try scene.engine("lost", state: scene.folder.appending(path: "empty")).wait(60)
    #expect(empty.status == 1)
    #expect(empty.errors.contains("is committed"), "\(empty.errors)")
    let refused = engine.errors.count
    let goesOn = engine.until(90) { engine.errors.dropFirst(refused).contains(" checkpoint ") }
    #expect(goesOn, "\(engine.errors)")
    engine.signal(SIGTERM)
    #expect(engine.wait().status == 0, "\(engine.errors)")
    let away = scene.folder.appending(path: "away")
    try FileManager.default.moveItem(at: scene.state("lost"), to: away)
    let lost = try scene.engine("lost").wait(60)
    #expect(lost.status == 1)
    for words in ["is committed", "holds no checkpoint", "--fresh"] {
      #expect(lost.errors.contains(words), "\(lost.errors)")
    }
    let outdated = try scene.engine("lost", state: old).wait(60)
    #expect(outdated.status == 1)
    for words in ["is committed", "its newest is", "--from", "--fresh"] {
      #expect(outdated.errors.contains(words), "\(outdated.errors)")
    }
    // Put back as it was, the run ends as if nothing had been.
    let back = try scene.engine("lost", ["--stop-at-end"], state: away).wait(60)
    #expect(back.status == 0, "\(back.errors)")
    let verdict = try scene.verify("lost")
    #expect(verdict.status == 0, "\(verdict.output)\(verdict.errors)")
  }
}
