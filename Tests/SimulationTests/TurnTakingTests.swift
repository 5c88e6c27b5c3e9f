import Schemas
import Testing

@testable import Engine

struct TurnTakingTests {
  private func turns(writers: Int) -> TurnTaking {
    var turns = TurnTaking()
    turns.writers = writers
    return turns
  }

  @Test func `the second producer begins when all have passed and all is acknowledged`() {
    var turns = turns(writers: 2)
    #expect(turns.hasTurn(after: nil) && turns.turn == 0)
    turns.pass(Epoch(5))
    let change1 = turns.handOver(isAcknowledged: true)
    #expect(!change1)
    turns.pass(Epoch(5))
    let change2 = turns.handOver(isAcknowledged: false)
    #expect(!change2)
    #expect(!turns.hasTurn(after: Epoch(5)))
    let change3 = turns.handOver(isAcknowledged: true)
    #expect(change3)
    #expect(turns.hasTurn(after: Epoch(5)) && turns.turn == 1)
    #expect(turns.holder(of: Epoch(5)) == 0)
  }

  @Test func `a producer whose own commit is under way takes no rows`() {
    var turns = turns(writers: 1)
    turns.pass(Epoch(1))
    let change4 = turns.handOver(isAcknowledged: true)
    #expect(change4)
    turns.pass(Epoch(2))
    let change5 = turns.handOver(isAcknowledged: true)
    #expect(!change5)
    turns.committed(Epoch(1))
    let change6 = turns.handOver(isAcknowledged: true)
    #expect(change6)
    #expect(turns.turn == 0 && turns.isHandedOver(Epoch(2)))
  }

  @Test func `barriers are handed over in their order`() {
    var turns = turns(writers: 2)
    turns.pass(Epoch(1))
    turns.pass(Epoch(2))
    #expect(turns.passedByAll == nil)
    turns.pass(Epoch(1))
    #expect(turns.passedByAll == Epoch(1))
  }
}
