import KafkaConnector
import Synchronization
import Testing

/// What is kept of the lines that librdkafka logs.
struct ConnectionStatusTests {
  private static let absent =
    "[thrd:main]: rdkafka#client-1: events [3]: topic does not exist"
    + " (Broker: Unknown topic or partition)"
  private static let cut = "[thrd:b:9092/1]: b:9092/1: Disconnected (after 600000ms in state UP)"

  private func status() -> ConnectionStatus {
    ConnectionStatus(place: "sink `s`", brokers: "b:9092", security: "plain", notify: { _ in })
  }

  @Test func `that a topic is gone is trouble where nobody waits for it`() {
    let status = status()
    status.logged(level: 3, facility: "ERROR", line: Self.absent)
    #expect(status.lastTrouble.contains("events [3]: topic does not exist"))
  }

  @Test func `who waits for topics is told that one is gone`() {
    let status = status()
    let told = Mutex<[ClusterInspection.Partition]>([])
    status.onAbsence { partition in told.withLock { $0.append(partition) } }
    status.logged(level: 3, facility: "ERROR", line: Self.absent)
    #expect(told.withLock { $0 } == [ClusterInspection.Partition(topic: "events", number: 3)])
    #expect(status.lastTrouble.isEmpty)
  }

  @Test func `trouble is over once something is heard`() {
    let status = status()
    status.logged(level: 3, facility: "FAIL", line: Self.cut)
    #expect(status.lastTrouble.contains("Disconnected"))
    status.heard()
    #expect(status.lastTrouble.isEmpty)
    status.logged(level: 3, facility: "FAIL", line: Self.cut)
    #expect(status.lastTrouble.contains("Disconnected"))
  }
}
