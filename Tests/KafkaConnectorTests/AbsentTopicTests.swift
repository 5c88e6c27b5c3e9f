import Connectors
import Schemas
import TestKit
import Testing

/// Topics that go away while they are read: nobody waits for them without bound, and one that only
/// seemed to be gone is read on.
struct AbsentTopicTests {
  private func send(_ scene: Scene, _ topic: String, _ name: String, _ count: Int) throws {
    let producer = try scene.producer()
    for number in 0..<count { try producer.send(topic, "\(name)\(number)") }
    try producer.flush()
  }

  @Test func `a topic that is gone falls idle, and keeps no other from it`() throws {
    let scene = try Scene()
    let (gone, kept) = (try scene.topic("gone"), try scene.topic("kept"))
    for topic in [gone, kept] { try send(scene, topic, "a", 1) }
    let drive = try SourceDrive(scene.source(["topic": .list([.text(gone), .text(kept)])]))
    let ids = try drive.addAll().map(\.id)
    try drive.run { drive.records.count == 2 && drive.caughtUp.count >= 2 }
    try scene.delete(gone)
    try drive.run { scene.notices.contain("topic `\(gone)` is gone") }
    try drive.run(30) { ids.allSatisfy { drive.reader.isAtEnd($0) } }
    try send(scene, kept, "b", 1)
    try drive.run { drive.records.count == 3 }
  }
}
