import Testing

@testable import Dataflow

struct WorkerTimesTests {
  @Test func `what goes on counts before it ends, and nothing behind the end`() {
    let times = WorkerTimes()
    #expect(times.status(at: 90).idle == 0)
    times.turn(to: .idle, at: 100)
    #expect(times.status(at: 250).idle == 150)
    // Another thread's look at the clock may be older.
    #expect(times.status(at: 50).idle == 0)
    times.turn(to: .busy, at: 300)
    times.turn(to: .heldUp, at: 310)
    var status = times.status(at: 330)
    #expect((status.busy, status.idle, status.heldUp) == (10, 200, 20))
    times.turn(to: nil, at: 340)
    status = times.status(at: 9_999)
    #expect((status.busy, status.idle, status.heldUp) == (10, 200, 30))
  }
}
