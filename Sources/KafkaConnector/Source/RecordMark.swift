internal import CRdKafka
internal import Columns
internal import Schemas

/// The last record before a position, as it is known again: where a topic was deleted and made
/// anew, another record stands in its place, or none.
///
/// Brokers number a new topic from 0 on, and the library tells nothing of a topic but its name. So
/// the mark goes into every position, and reading goes on at it and not behind it.
struct RecordMark: Hashable {
  var offset: Int64
  /// As in a batch.
  var time: Int64
  /// Bytes; -1 for null.
  var valueSize: Int64
  var keySize: Int64

  /// The last record of a batch; nil where there is none.
  init?(_ batch: RecordBatch) {
    let last = batch.count - 1
    guard last >= 0 else { return nil }
    offset = batch.offsets[last]
    time = batch.timestamps[last]
    valueSize = Int64(max(batch.values[last].length, -1))
    keySize = Int64(max(batch.keys[last].length, -1))
  }

  /// What a position bears; nil for positions of earlier versions, and where nothing was read.
  init?(_ position: Position) {
    let numbers = position.detail.split(separator: " ").compactMap { Int64($0) }
    guard numbers.count == 4, numbers[0] < position.offset else { return nil }
    (offset, time, valueSize, keySize) = (numbers[0], numbers[1], numbers[2], numbers[3])
  }

  var text: String { "\(offset) \(time) \(valueSize) \(keySize)" }

  /// Whether the message at this offset is that record.
  func matches(_ message: UnsafeMutablePointer<rd_kafka_message_t>) -> Bool {
    let size = message.pointee.payload == nil ? -1 : Int64(message.pointee.len)
    let keySize = message.pointee.key == nil ? -1 : Int64(message.pointee.key_len)
    return message.pointee.offset == offset && RecordFiller.time(of: message) == time
      && size == valueSize && keySize == self.keySize
  }
}
