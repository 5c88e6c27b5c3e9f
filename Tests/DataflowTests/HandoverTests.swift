import Columns
import Platform
import Schemas
import Synchronization
import Testing

@testable import Dataflow

/// What the workers hand to each other, and the threads they run on.
struct HandoverTests {
  @Test(arguments: [1, 2, 7])
  func `a ring gives everything in order between two threads`(capacity: Int) {
    let ring = HandoverRing(capacity: capacity)
    let sender = SystemThread(name: "sender") {
      for word in 0..<UInt64(2_000) {
        let entry = HandoverRing.Entry(
          object: word % 3 == 0 ? Row.batch([]) : nil, tag: UInt8(word % 5), word: word)
        while !ring.push(entry) {}
      }
    }
    var expected: UInt64 = 0
    while expected < 2_000 {
      guard let entry = ring.pop() else { continue }
      guard entry.word == expected, entry.tag == UInt8(expected % 5),
        (entry.object is Batch) == (expected % 3 == 0)
      else {
        Issue.record("entry \(entry.word) came for \(expected)")
        break
      }
      expected += 1
    }
    sender?.join()
    #expect(ring.isEmpty)
  }

  @Test func `a full ring takes nothing more, and lets go of what nobody took`() {
    let ring = HandoverRing(capacity: 2)
    let entry = HandoverRing.Entry(object: nil, tag: 1, word: 1)
    #expect(ring.push(entry))
    #expect(ring.push(entry))
    #expect(!ring.push(entry))
    #expect(ring.pop() != nil)
    #expect(ring.push(entry))
  }

  @Test func `messages survive the ring's plain form`() {
    let barrier = Barrier(epoch: Epoch(9), isFull: true, isFinal: false)
    for message in [Message.barrier(barrier), .watermark(.beginning), .idle(true), .end] {
      #expect("\(Message(message.entry))" == "\(message)")
    }
  }

  @Test func `a lane runs its jobs in order, and lanes beside each other`() {
    let lanes = ThreadLanes()
    let seen = Mutex<[Int]>([])
    let bell = Parker()
    let gate = Parker()
    lanes.submit(LaneName("waits")) { gate.wait(nanoseconds: nil, spins: 0) }
    for number in 0..<100 {
      lanes.submit(LaneName("counts")) {
        seen.withLock { $0.append(number) }
        if number == 99 { bell.wake() }
      }
    }
    while seen.withLock({ $0.count }) < 100 { bell.wait(nanoseconds: 1_000_000) }
    gate.wake()
    #expect(seen.withLock { $0 } == Array(0..<100))
  }

  @Test func `a torn journal entry and what follows it are left out`() {
    var bytes: [UInt8] = []
    JournalFile.append([1, 2, 3], to: &bytes)
    JournalFile.append([], to: &bytes)
    let whole = bytes.count
    JournalFile.append([4, 5], to: &bytes)
    #expect(JournalFile.entries(in: bytes) == [[1, 2, 3], [], [4, 5]])
    for cut in whole..<bytes.count {
      #expect(JournalFile.entries(in: Array(bytes[..<cut])) == [[1, 2, 3], []])
    }
    var flipped = bytes
    flipped[whole + 9] ^= 1
    #expect(JournalFile.entries(in: flipped) == [[1, 2, 3], []])
    #expect(JournalFile.entries(in: bytes + Array(repeating: 0, count: 64)).count == 3)
  }

  @Test func `a crashed process of a simulated world does nothing more`() {
    let world = SimulatedWorld(seed: 3)
    let process = world.makeProcess()
    let count = Mutex(0)
    for number in 0..<10 {
      process.lanes.submit(LaneName("\(number)")) { count.withLock { $0 += 1 } }
    }
    #expect(world.run(until: { count.withLock { $0 } == 4 }) == .reached)
    process.crash()
    #expect(world.run(until: { count.withLock { $0 } == 10 }) == .stuck)
    #expect(count.withLock { $0 } == 4)
  }

  @Test func `a watermark merge is the least of live inputs and never goes back`() {
    var merge = WatermarkMerge(inputs: 2)
    #expect(merge.update(0, watermark: Timestamp(microseconds: 50)).watermark == nil)
    let first = merge.update(1, watermark: Timestamp(microseconds: 20))
    #expect(first.watermark?.microseconds == 20)
    #expect(merge.update(1, isIdle: true).watermark?.microseconds == 50)
    #expect(merge.update(1, isIdle: false).watermark == nil)
    #expect(merge.time.microseconds == 50)
    _ = merge.update(0, isIdle: true)
    #expect(merge.update(1, isIdle: true).isIdle == true)
    #expect(merge.time.microseconds == 50)
  }
}
