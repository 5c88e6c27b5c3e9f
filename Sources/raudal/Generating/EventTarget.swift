import Connectors
import Glibc
import KafkaConnector
import Platform

/// Where generated events go.
protocol EventTarget: AnyObject {
  /// Microseconds since 1970. May wait.
  func write(_ event: UnsafeBufferPointer<UInt8>, time: Int64) throws
  func close() throws
}

/// A file of lines.
final class OutputFile: EventTarget {
  private let path: String
  private let file: UnsafeMutablePointer<FILE>

  /// What the file held before is gone.
  convenience init(_ path: String) throws {
    try self.init(path, fopen(path, "wb"))
  }

  /// The descriptor, wherever it leads and stands: opening it anew by its name would begin at the
  /// front of a file that others append to.
  static func standardOutput() throws -> OutputFile {
    try OutputFile("standard output", fdopen(dup(STDOUT_FILENO), "wb"))
  }

  private init(_ path: String, _ file: UnsafeMutablePointer<FILE>?) throws {
    guard let file else { throw Self.failure(path) }
    setvbuf(file, nil, Int32(_IOFBF), 1 << 20)
    self.path = path
    self.file = file
  }

  private static func failure(_ path: String) -> CommandFailure {
    CommandFailure("can't write \(path): \(String(cString: strerror(errno)))")
  }

  func write(_ event: UnsafeBufferPointer<UInt8>, time: Int64) throws {
    write(event)
    guard putc(10, file) != EOF, ferror(file) == 0 else { throw Self.failure(path) }
  }

  func write(_ bytes: UnsafeBufferPointer<UInt8>) {
    fwrite(bytes.baseAddress, 1, bytes.count, file)
  }

  func close() throws {
    let failed = ferror(file) != 0
    guard fclose(file) == 0, !failed else { throw Self.failure(path) }
  }
}

/// A topic; records have no key, and so spread over the partitions.
final class TopicTarget: EventTarget {
  private let topic: String
  private let writer: TopicWriter

  /// The brokers that were named, else those of the environment.
  static func cluster(_ brokers: String?) -> String {
    brokers ?? getenv("KAFKA_BROKERS").map { String(cString: $0) } ?? "localhost:9092"
  }

  init(brokers: String, topic: String, create topics: [String], partitions: Int32) throws {
    self.topic = topic
    let configuration = ClientConfiguration(brokers: brokers)
    let admin = try KafkaAdmin(
      configuration: configuration, clock: SystemClock(),
      notify: { Terminal.writeError("\($0)\n") })
    for topic in topics {
      try admin.createTopic(
        topic, partitions: partitions, replicas: 1, settings: ["retention.ms": "-1"])
    }
    writer = try TopicWriter(configuration: configuration, place: "topic \(topic)")
  }

  func write(_ event: UnsafeBufferPointer<UInt8>, time: Int64) throws {
    try writer.write(
      OutgoingRecord(topic: topic, key: nil, value: event, timestamp: time / 1000))
  }

  func close() throws { try writer.finish() }
}
