import Columns
import Schemas
import Synchronization
import Testing

@testable import Operators

/// What is known of answers that rows were given before a restart, and for how long.
@Suite struct AnswerBookTests {
  private static let groups = 0..<KeyGroup.count

  private static func answer(
    _ digest: UInt64, number: UInt64, at time: Int64
  ) -> WrittenAnswer {
    WrittenAnswer(
      .missing, of: RowIdentity(digest: digest << 54, time: 5), number: number,
      at: Timestamp(microseconds: time), columns: 1)
  }

  private static func left(
    _ book: AnswerBook, at epoch: UInt64, since time: Int64 = 0
  ) -> [UInt64] {
    book.left(of: groups, at: Epoch(epoch), since: time).map(\.number).sorted()
  }

  @Test func `equal rows take their answers in turn, which stay until a barrier has passed`() {
    let book = AnswerBook()
    for number in [1, 2, 2, 3] { book.add(Self.answer(7, number: UInt64(number), at: 10)) }
    let row = RowIdentity(digest: 7 << 54, time: 5)
    #expect(book.take(row, in: Epoch(3))?.number == 1)
    #expect(book.take(row, in: Epoch(4))?.number == 2)
    #expect(Self.left(book, at: 4) == [2, 3])
    #expect(Self.left(book, at: 5) == [3])
    #expect(book.take(row, in: Epoch(5))?.number == 3)
    #expect(book.take(row, in: Epoch(5)) == nil)
    // Taken behind this barrier, so a restart at it brings the row again.
    #expect(Self.left(book, at: 5) == [3])
    #expect(Self.left(book, at: 6) == [])
    book.add(Self.answer(7, number: 3, at: 10))
    #expect(book.take(row, in: Epoch(6))?.number == 3)
  }

  @Test func `what no row asks for again is given up in time`() {
    let book = AnswerBook()
    for number: UInt64 in 1...4 { book.add(Self.answer(number, number: number, at: Int64(number))) }
    #expect(book.take(RowIdentity(digest: 1 << 54, time: 5), in: Epoch(1))?.number == 1)
    #expect(Self.left(book, at: 1, since: 3) == [1, 3, 4])
    #expect(Self.left(book, at: 2, since: 4) == [4])
    #expect(Self.left(book, at: 3, since: 5) == [])
  }

  @Test func `of too many the oldest are given up, which is told`() {
    let size = Self.answer(1, number: 1, at: 1).bytes.count
    let told = Mutex<[Int]>([])
    let book = AnswerBook(byteLimit: 3 * size + 1) { count in
      told.withLock { $0.append(count) }
    }
    for number: UInt64 in 1...6 { book.add(Self.answer(number, number: number, at: Int64(number))) }
    // One that a row has taken is in no one's way, and stays until its barrier.
    #expect(book.take(RowIdentity(digest: 2 << 54, time: 5), in: Epoch(1))?.number == 2)
    #expect(Self.left(book, at: 1) == [2, 4, 5, 6])
    #expect(Self.left(book, at: 2) == [4, 5, 6])
    #expect(told.withLock { $0 } == [2])
    // Each worker keeps to its part.
    let half = KeyGroup.count / 2
    #expect(book.left(of: 0..<half, at: Epoch(2), since: 0).map(\.number) == [6])
    #expect(told.withLock { $0 } == [2, 2])
    #expect(book.take(RowIdentity(digest: 5 << 54, time: 5), in: Epoch(3)) == nil)
  }
}
