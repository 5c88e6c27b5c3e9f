import CRdKafka
import Connectors
import Foundation
import KafkaConnector
import Platform

/// librdkafka's in-process cluster, whose answers a test can turn into errors.
final class MockCluster {
  /// Numbers of Kafka's requests.
  enum Request: Int16 {
    case produce = 0
    case fetch = 1
    case metadata = 3
    case offsetFetch = 9
    case initProducer = 22
    case addPartitions = 24
    case addOffsets = 25
    case endTransaction = 26
    case commitOffsets = 28
  }

  private let client: KafkaClient
  private let cluster: OpaquePointer
  let brokers: String

  init(topics: [String]) throws {
    let settings = try ClientSettings(
      ClientConfiguration(brokers: "127.0.0.1:1"), place: "the mock cluster")
    client = try KafkaClient(RD_KAFKA_PRODUCER, settings, place: "mock", notify: { _ in })
    cluster = rd_kafka_mock_cluster_new(client.handle, 1)
    brokers = String(cString: rd_kafka_mock_cluster_bootstraps(cluster))
    for topic in topics { rd_kafka_mock_topic_create(cluster, topic, 1, 1) }
  }

  deinit { rd_kafka_mock_cluster_destroy(cluster) }

  /// The next `count` requests of that kind are answered with the error.
  func fail(_ request: Request, _ code: rd_kafka_resp_err_t, times count: Int = 1) {
    raudal_rd_kafka_mock_errors(cluster, request.rawValue, count, code)
  }

  /// Errors not yet answered with are forgotten.
  func forgive(_ request: Request) { rd_kafka_mock_clear_request_errors(cluster, request.rawValue) }

  /// Whether the brokers know nothing of the topic; its records stay.
  func hide(_ topic: String, _ isHidden: Bool) {
    let unknown = RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART
    rd_kafka_mock_topic_set_error(
      cluster, topic, isHidden ? unknown : RD_KAFKA_RESP_ERR_NO_ERROR)
  }

  func setDown(_ isDown: Bool) {
    if isDown {
      rd_kafka_mock_broker_set_down(cluster, 1)
    } else {
      rd_kafka_mock_broker_set_up(cluster, 1)
    }
  }

  /// A cluster of a pipeline whose transactions may last that long (milliseconds).
  func transactions(
    timeout: Int64 = KafkaCluster.minimum, clock: any Platform.Clock = SystemClock()
  ) -> KafkaCluster {
    KafkaCluster(
      configuration: ClientConfiguration(brokers: brokers), markerTopic: "out",
      environment: ConnectorEnvironment(
        pipeline: "mocked", clock: clock, lanes: ThreadLanes(), workers: 1,
        checkpointInterval: 100_000),
      minimumTimeout: timeout)
  }
}
