import Schemas

/// Where messages from outside enter a segment: one input of one stage, fed by every worker's
/// sender.
final class ExchangeInput {
  private let stage: Stage
  private let port: Int
  private var merge: WatermarkMerge

  init(stage: Stage, port: Int, senders: Int) {
    self.stage = stage
    self.port = port
    merge = WatermarkMerge(inputs: senders, areCopies: true)
  }

  func take(_ message: Message, from sender: Int) {
    switch message {
    case .rows(let batch): stage.accept(.rows(batch, input: port))
    case .watermark(let time): pass(merge.update(sender, watermark: time))
    case .idle(let isIdle): pass(merge.update(sender, isIdle: isIdle))
    case .barrier, .end: break
    }
  }

  private func pass(_ change: WatermarkMerge.Change) {
    if let isIdle = change.isIdle { stage.idle(isIdle, input: port) }
    if let time = change.watermark { stage.watermark(time, input: port) }
  }
}

/// What a segment takes work from: a sender's channel, or a source on its own worker.
protocol SegmentInput: AnyObject {
  /// Its barrier has come, so it is not read until the others' have.
  var isBlocked: Bool { get }
  /// Nothing but barriers will come.
  var hasEnded: Bool { get }
  /// Takes one thing in; false if there is nothing.
  func take(for segment: Segment) throws(JobFailure) -> Bool
  /// The barrier has passed the segment.
  func unblock()
}

/// One sender's channel as an input of a segment.
final class ChannelInput: SegmentInput {
  private let channel: Channel
  private let target: ExchangeInput
  private let sender: Int
  private(set) var isBlocked = false
  private(set) var hasEnded = false

  init(channel: Channel, target: ExchangeInput, sender: Int) {
    self.channel = channel
    self.target = target
    self.sender = sender
  }

  func take(for segment: Segment) throws(JobFailure) -> Bool {
    guard let message = channel.receive() else { return false }
    switch message {
    case .barrier(let barrier):
      isBlocked = true
      segment.arrived(barrier)
    case .end: hasEnded = true
    default: target.take(message, from: sender)
    }
    return true
  }

  func unblock() { isBlocked = false }
}
