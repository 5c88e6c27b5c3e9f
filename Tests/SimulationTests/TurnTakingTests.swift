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
    #expect(!turns.handOver(isAcknowledged: true))
    turns.pass(Epoch(5))
    #expect(!turns.handOver(isAcknowledged: false))
    #expect(!turns.hasTurn(after: Epoch(5)))
    #expect(turns.handOver(isAcknowledged: true))
    #expect(turns.hasTurn(after: Epoch(5)) && turns.turn == 1)
    #expect(turns.holder(of: Epoch(5)) == 0)
  }

  @Test func `a producer whose own commit is under way takes no rows`() {
    var turns = turns(writers: 1)
    turns.pass(Epoch(1))
    #expect(turns.handOver(isAcknowledged: true))
    turns.pass(Epoch(2))
    #expect(!turns.handOver(isAcknowledged: true))
    turns.committed(Epoch(1))
    #expect(turns.handOver(isAcknowledged: true))
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
