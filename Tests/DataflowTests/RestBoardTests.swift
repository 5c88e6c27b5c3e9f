import Platform
import Testing

@testable import Dataflow

struct RestBoardTests {
  @Test func `a job rests when all workers do, with rows, and nothing is on its way`() {
    let board = RestBoard(workers: 2)
    #expect(!board.enter(0, holdsRows: true, isStill: { true }, areChannelsEmpty: { true }))
    #expect(!board.enter(1, holdsRows: false, isStill: { true }, areChannelsEmpty: { false }))
    board.leave(0)
    #expect(!board.enter(1, holdsRows: false, isStill: { true }, areChannelsEmpty: { true }))
    #expect(!board.enter(0, holdsRows: false, isStill: { true }, areChannelsEmpty: { true }))
    board.leave(0)
    #expect(board.enter(0, holdsRows: true, isStill: { true }, areChannelsEmpty: { true }))
  }

  @Test func `a worker that an answer has come for is not at rest`() {
    let board = RestBoard(workers: 2)
    let enter = { (worker: Int, isStill: Bool) in
      board.enter(worker, holdsRows: true, isStill: { isStill }, areChannelsEmpty: { true })
    }
    #expect(!enter(0, true))
    RisingBell(board, 0, Bell()).wake()
    #expect(!enter(1, true))
    // It came while it was about to rest.
    #expect(!enter(0, false))
    #expect(enter(0, true))
  }

  private final class Bell: Wake {
    func wake() {}
  }
}
