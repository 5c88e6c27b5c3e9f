package import CRdKafka
package import Connectors

/// An error of librdkafka as a value, its C object freed, with what it means for a pipeline.
package struct BrokerFault: Error, Sendable {
  package var code: rd_kafka_resp_err_t
  package var text: String
  package var isFatal = false
  package var isRetriable = false

  package init(_ code: rd_kafka_resp_err_t, _ text: String? = nil) {
    self.code = code
    self.text = text ?? String(cString: rd_kafka_err2str(code))
    isRetriable = Self.passing.contains(code.rawValue)
  }

  /// Takes the error over and destroys it; nil for no error.
  package init?(taking error: OpaquePointer?) {
    guard let error else { return nil }
    code = rd_kafka_error_code(error)
    text = String(cString: rd_kafka_error_string(error))
    isFatal = rd_kafka_error_is_fatal(error) != 0
    isRetriable = rd_kafka_error_is_retriable(error) != 0
    rd_kafka_error_destroy(error)
  }

  /// Codes after which the same call may well succeed.
  private static let passing: Set<Int32> = Set(
    [
      RD_KAFKA_RESP_ERR__TRANSPORT, RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN,
      RD_KAFKA_RESP_ERR__TIMED_OUT, RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE,
      RD_KAFKA_RESP_ERR__WAIT_COORD, RD_KAFKA_RESP_ERR__RESOLVE,
      RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE, RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION,
      RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT, RD_KAFKA_RESP_ERR_NETWORK_EXCEPTION,
      RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS,
      RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE, RD_KAFKA_RESP_ERR_NOT_COORDINATOR,
      RD_KAFKA_RESP_ERR_UNSTABLE_OFFSET_COMMIT, RD_KAFKA_RESP_ERR_CONCURRENT_TRANSACTIONS,
      RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS,
      RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND,
    ].map(\.rawValue))

  private static let fencing: Set<Int32> = Set(
    [
      RD_KAFKA_RESP_ERR__FENCED, RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH,
      RD_KAFKA_RESP_ERR_PRODUCER_FENCED,
    ].map(\.rawValue))

  /// Codes that waiting does not mend: the definition or the cluster's rights must change.
  private static let settings: Set<Int32> = Set(
    [
      RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED,
      RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED,
      RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
      RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED, RD_KAFKA_RESP_ERR__AUTHENTICATION,
      RD_KAFKA_RESP_ERR__SSL, RD_KAFKA_RESP_ERR_UNSUPPORTED_SASL_MECHANISM,
      RD_KAFKA_RESP_ERR_INVALID_TRANSACTION_TIMEOUT, RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE,
      RD_KAFKA_RESP_ERR_UNSUPPORTED_VERSION, RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART,
      RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC, RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION,
      RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION,
    ].map(\.rawValue))

  /// Codes of a record, or a whole batch, that the library could not read and passes over.
  private static let unreadable: Set<Int32> = Set(
    [
      RD_KAFKA_RESP_ERR__BAD_MSG, RD_KAFKA_RESP_ERR__BAD_COMPRESSION,
      RD_KAFKA_RESP_ERR__NOT_IMPLEMENTED, RD_KAFKA_RESP_ERR_INVALID_MSG,
      RD_KAFKA_RESP_ERR_INVALID_MSG_SIZE, RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE,
    ].map(\.rawValue))

  package var isUnreadable: Bool { Self.unreadable.contains(code.rawValue) }
  package var isFencing: Bool { Self.fencing.contains(code.rawValue) }
  package var isMistake: Bool { Self.settings.contains(code.rawValue) }

  /// Records that were dropped on purpose, when the producer was closed.
  package var isPurge: Bool {
    code == RD_KAFKA_RESP_ERR__PURGE_QUEUE || code == RD_KAFKA_RESP_ERR__PURGE_INFLIGHT
  }

  /// The error as the engine sees it: `action` says what was tried, on what and where.
  package func error(_ action: String) -> ConnectorError {
    let name = String(cString: rd_kafka_err2name(code))
    let what = "\(action): \(text) (\(name))"
    if isFencing {
      return ConnectorError(
        .fenced, "\(what). End one of the two, or give it another name")
    }
    if code == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE || code == RD_KAFKA_RESP_ERR_INVALID_MSG_SIZE {
      return ConnectorError(
        .record,
        "\(what). Raise the topic's `max.message.bytes`, or lower `message.max.bytes`"
          + " in `config:` so that such rows take the sink's error route")
    }
    if isMistake { return ConnectorError(.configuration, "\(what). \(advice)") }
    return ConnectorError(.retriable, what)
  }

  private var advice: String {
    switch code {
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC,
      RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
      "Create the topic, or correct `topic:`"
    case RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION: "Correct `topic:`; it is no valid name"
    case RD_KAFKA_RESP_ERR_INVALID_TRANSACTION_TIMEOUT:
      "Checkpoint more often, or raise the broker's `transaction.max.timeout.ms`"
    case RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE, RD_KAFKA_RESP_ERR_UNSUPPORTED_VERSION:
      "The broker is too old or lacks this; Kafka 2.5 or newer is needed"
    case RD_KAFKA_RESP_ERR__SSL, RD_KAFKA_RESP_ERR__AUTHENTICATION,
      RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED, RD_KAFKA_RESP_ERR_UNSUPPORTED_SASL_MECHANISM:
      "Correct `tls:` and `sasl:`, or have the cluster let this user in"
    default: "Give this user the right to do so"
    }
  }
}
