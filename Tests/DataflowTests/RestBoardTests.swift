import Testing

@testable import Dataflow

struct RestBoardTests {
  @Test func `a job rests when all workers do, with rows, and nothing is on its way`() {
    let board = RestBoard(workers: 2)
    #expect(!board.enter(0, holdsRows: true, areChannelsEmpty: { true }))
    #expect(!board.enter(1, holdsRows: false, areChannelsEmpty: { false }))
    board.leave(0)
    #expect(!board.enter(1, holdsRows: false, areChannelsEmpty: { true }))
    #expect(!board.enter(0, holdsRows: false, areChannelsEmpty: { true }))
    board.leave(0)
    #expect(board.enter(0, holdsRows: true, areChannelsEmpty: { true }))
  }
}
