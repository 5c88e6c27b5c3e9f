import Columns
import Platform
import Schemas

/// The mark that cuts the stream into epochs.
struct Barrier: Hashable {
  var epoch: Epoch
  /// Snapshots must not be deltas.
  var isFull: Bool
  /// Sources stop reading behind it.
  var isFinal: Bool
}

/// What travels from a segment on one worker to a segment on another.
enum Message {
  case rows(Batch)
  case watermark(Timestamp)
  /// Whether the sender's inputs are all idle, so that it does not hold the watermark.
  case idle(Bool)
  case barrier(Barrier)
  /// The sender has finished; barriers still come.
  case end
}

extension Message {
  var entry: HandoverRing.Entry {
    switch self {
    case .rows(let batch): HandoverRing.Entry(object: batch, tag: 0, word: 0)
    case .watermark(let time):
      HandoverRing.Entry(object: nil, tag: 1, word: UInt64(bitPattern: time.microseconds))
    case .idle(let isIdle): HandoverRing.Entry(object: nil, tag: isIdle ? 2 : 3, word: 0)
    case .end: HandoverRing.Entry(object: nil, tag: 4, word: 0)
    case .barrier(let barrier):
      HandoverRing.Entry(
        object: nil, tag: 8 | (barrier.isFull ? 1 : 0) | (barrier.isFinal ? 2 : 0),
        word: barrier.epoch.number)
    }
  }

  init(_ entry: HandoverRing.Entry) {
    if let batch = entry.object as? Batch {
      self = .rows(batch)
      return
    }
    switch entry.tag {
    case 1: self = .watermark(Timestamp(microseconds: Int64(bitPattern: entry.word)))
    case 2: self = .idle(true)
    case 3: self = .idle(false)
    case 4: self = .end
    default:
      self = .barrier(
        Barrier(
          epoch: Epoch(entry.word), isFull: entry.tag & 1 != 0, isFinal: entry.tag & 2 != 0))
    }
  }
}
