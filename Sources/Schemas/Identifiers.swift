/// A point in time: microseconds since 1970-01-01T00:00:00Z.
///
/// As a watermark, `.beginning` says that nothing is known yet, and `.endOfTime` that no row will
/// ever come.
public struct Timestamp: Hashable, Comparable, Sendable, Codable {
  public var microseconds: Int64

  public init(microseconds: Int64) { self.microseconds = microseconds }

  public static let beginning = Timestamp(microseconds: .min)
  public static let endOfTime = Timestamp(microseconds: .max)

  public static func < (a: Timestamp, b: Timestamp) -> Bool { a.microseconds < b.microseconds }
}

/// The number of a checkpoint, and of the stretch of the stream that ends with its barrier. Grows
/// strictly over the life of a state directory.
public struct Epoch: Hashable, Comparable, Sendable, Codable {
  public var number: UInt64

  public init(_ number: UInt64) { self.number = number }

  public var next: Epoch { Epoch(number + 1) }

  public static func < (a: Epoch, b: Epoch) -> Bool { a.number < b.number }
}

extension Epoch: CustomStringConvertible {
  public var description: String { "\(number)" }
}

/// The stable name of an operator in plans, metrics and checkpoints: `views.window`.
public struct OperatorID: Hashable, Comparable, Sendable, Codable {
  public var name: String

  public init(_ name: String) { self.name = name }

  public static func < (a: OperatorID, b: OperatorID) -> Bool { a.name < b.name }
}

extension OperatorID: CustomStringConvertible {
  public var description: String { name }
}

/// One ordered part of a source: a Kafka partition, a file, a generator's lane.
public struct PartitionID: Hashable, Comparable, Sendable, Codable {
  /// The source's name in the definition.
  public var source: String
  /// The topic, or what the connector has instead (the path of a file).
  public var topic: String
  public var number: Int32

  public init(source: String, topic: String, number: Int32) {
    self.source = source
    self.topic = topic
    self.number = number
  }

  public static func < (a: PartitionID, b: PartitionID) -> Bool {
    (a.source, a.topic, a.number) < (b.source, b.topic, b.number)
  }
}

extension PartitionID: CustomStringConvertible {
  public var description: String { "\(source):\(topic)[\(number)]" }
}

/// Where reading goes on in a partition: the first record not yet read.
public struct Position: Hashable, Sendable, Codable {
  /// The Kafka offset, or the ordinal of the record in the partition.
  public var offset: Int64
  /// What the connector needs besides, in its own form (a file's name and byte offset).
  public var detail: String

  public init(offset: Int64, detail: String = "") {
    self.offset = offset
    self.detail = detail
  }
}

/// One of 1,024 shares of the keys, the unit in which keyed state is stored and moved.
public struct KeyGroup: Hashable, Comparable, Sendable, Codable {
  public static let count = 1024

  public var number: UInt16

  public init(_ number: UInt16) { self.number = number }

  /// The group of a key with this XXH3-64 hash.
  public init(hash: UInt64) { number = UInt16(truncatingIfNeeded: hash >> 54) }

  /// The worker that owns the group among `workers`.
  public func worker(of workers: Int) -> Int { Int(number) * workers / Self.count }

  /// The groups that `worker` owns among `workers`: a contiguous range.
  public static func owned(by worker: Int, of workers: Int) -> Range<Int> {
    let first = (worker * count + workers - 1) / workers
    let end = ((worker + 1) * count + workers - 1) / workers
    return first..<end
  }

  public static func < (a: KeyGroup, b: KeyGroup) -> Bool { a.number < b.number }
}
