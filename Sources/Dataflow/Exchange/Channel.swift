import Platform
import Synchronization

/// One ring between a sender and a receiver, and the bells of both.
final class Channel: Sendable {
  private let ring: HandoverRing
  /// nil where sender and receiver are one worker.
  private let senderBell: (any Wake)?
  private let receiverBell: (any Wake)?
  /// The sender found the ring full and wants to be rung.
  private let isSenderWaiting = Atomic<Bool>(false)

  init(capacity: Int, senderBell: (any Wake)?, receiverBell: (any Wake)?) {
    ring = HandoverRing(capacity: capacity)
    self.senderBell = senderBell
    self.receiverBell = receiverBell
  }

  /// Sends if there is room. Only the sender.
  func send(_ message: Message) -> Bool {
    let entry = message.entry
    if !ring.push(entry) {
      // The second try sees what the receiver took before it could see the flag.
      isSenderWaiting.store(true, ordering: .sequentiallyConsistent)
      guard ring.push(entry) else { return false }
    }
    receiverBell?.wake()
    return true
  }

  /// Whether all that was sent has been received, to one who knows that neither side is at work.
  var isEmpty: Bool { ring.isEmpty }

  /// The next message. Only the receiver.
  func receive() -> Message? {
    guard let entry = ring.pop() else { return nil }
    if isSenderWaiting.exchange(false, ordering: .sequentiallyConsistent) { senderBell?.wake() }
    return Message(entry)
  }
}

/// The sender's end of a channel: what the ring had no room for waits here. Bounded, because a
/// segment takes no input while anything waits.
struct Outbox {
  let channel: Channel
  private var waiting: [Message] = []

  init(_ channel: Channel) { self.channel = channel }

  var isEmpty: Bool { waiting.isEmpty }

  mutating func send(_ message: Message) {
    if !waiting.isEmpty || !channel.send(message) { waiting.append(message) }
  }

  /// Sends what waits, as far as there is room; how many messages that were.
  mutating func drain() -> Int {
    var sent = 0
    while sent < waiting.count, channel.send(waiting[sent]) { sent += 1 }
    waiting.removeFirst(sent)
    return sent
  }
}
