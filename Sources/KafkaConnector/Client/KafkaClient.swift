package import CRdKafka
package import Connectors
package import Platform

/// Owns one librdkafka instance. The last reference gone, it is destroyed without a word to the
/// group; that may take a moment, so owners drop theirs on a background lane (`release`).
///
/// Queues and topic handles made from it must be gone before: their owners hold the client.
package final class KafkaClient: @unchecked Sendable {
  // The C instance is made for use from any thread; the reference never changes.
  package let handle: OpaquePointer
  package let status: ConnectionStatus

  package init(
    _ type: rd_kafka_type_t, _ settings: ClientSettings, place: String,
    notify: @escaping @Sendable (String) -> Void,
    waits: @escaping @Sendable (_ place: String, _ what: String?) -> Void = { _, _ in }
  ) throws(ConnectorError) {
    let status = ConnectionStatus(
      place: place, brokers: settings.brokers, security: settings.security, notify: notify,
      waits: waits)
    settings.configure { conf in
      // The client outlives every call of the callback: both go with `rd_kafka_destroy`.
      rd_kafka_conf_set_opaque(conf, Unmanaged.passUnretained(status).toOpaque())
      rd_kafka_conf_set_log_cb(conf) { client, level, facility, line in
        guard let client, let facility, let line, let opaque = rd_kafka_opaque(client) else {
          return
        }
        Unmanaged<ConnectionStatus>.fromOpaque(opaque).takeUnretainedValue().logged(
          level: level, facility: String(cString: facility), line: String(cString: line))
      }
    }
    var reason = [CChar](repeating: 0, count: 512)
    let conf = settings.take()
    guard let handle = rd_kafka_new(type, conf, &reason, reason.count) else {
      settings.restore(conf)
      throw ConnectorError(
        .configuration, "\(place): the Kafka client cannot be made: \(text(reason))")
    }
    self.handle = handle
    self.status = status
  }

  deinit {
    guard status.hasLostPartitions else {
      return rd_kafka_destroy_flags(handle, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE)
    }
    // librdkafka 2.0 loses count of a partition that the cluster has no longer, and waits for it
    // for ever. Only a thread of its own may do so; the status goes with the last callback.
    nonisolated(unsafe) let handle = handle
    let thread = SystemThread(name: "kafka-close", detached: true) { [status] in
      rd_kafka_destroy_flags(handle, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE)
      withExtendedLifetime(status) {}
    }
    if thread == nil { _ = Unmanaged.passRetained(status) }
  }

  /// Whether a broker answers anything: one that keeps putting off what was asked is there. Blocks.
  func answers(within milliseconds: Int32) -> Bool {
    var metadata: UnsafePointer<rd_kafka_metadata>?
    let code = rd_kafka_metadata(handle, 0, nil, &metadata, milliseconds)
    if let metadata { rd_kafka_metadata_destroy(metadata) }
    return code == RD_KAFKA_RESP_ERR_NO_ERROR
  }

  /// Drops a reference where waiting does no harm.
  package static func release(_ client: KafkaClient, on lanes: any BackgroundLanes) {
    lanes.submit(LaneName("kafka.close")) { withExtendedLifetime(client) {} }
  }
}

/// A list of topic partitions with offsets, as many calls of librdkafka take and fill it.
package final class PartitionList {
  package let handle: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>

  package init(capacity: Int = 1) {
    handle = rd_kafka_topic_partition_list_new(Int32(clamping: max(capacity, 1)))
  }

  deinit { rd_kafka_topic_partition_list_destroy(handle) }

  package var count: Int { Int(handle.pointee.cnt) }

  package func add(_ topic: String, _ partition: Int32, offset: Int64? = nil, metadata: String = "")
  {
    guard let element = rd_kafka_topic_partition_list_add(handle, topic, partition) else { return }
    if let offset { element.pointee.offset = offset }
    guard !metadata.isEmpty else { return }
    // librdkafka frees it with the list, by C's `free`.
    let bytes = Array(metadata.utf8)
    guard let copy = rd_kafka_mem_malloc(nil, bytes.count) else { return }
    bytes.withUnsafeBytes { copy.copyMemory(from: $0.baseAddress!, byteCount: bytes.count) }
    element.pointee.metadata = copy
    element.pointee.metadata_size = bytes.count
  }

  package struct Element {
    package var topic: String
    package var partition: Int32
    package var offset: Int64
    package var metadata: String
    package var code: rd_kafka_resp_err_t
  }

  package subscript(index: Int) -> Element {
    let element = handle.pointee.elems[index]
    let metadata = element.metadata.map {
      String(
        decoding: UnsafeRawBufferPointer(start: $0, count: element.metadata_size), as: UTF8.self)
    }
    return Element(
      topic: String(cString: element.topic), partition: element.partition,
      offset: element.offset, metadata: metadata ?? "", code: element.err)
  }

  package var elements: [Element] { (0..<count).map { self[$0] } }
}
