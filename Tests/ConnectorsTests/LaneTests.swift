import Foundation
import Platform
import Synchronization
import Testing

/// Lanes of the real executor.
struct LaneTests {
  @Test func `what a stop needs does not wait behind input that never comes`() {
    let lanes = ThreadLanes()
    let input = DispatchSemaphore(value: 0)
    let count = ThreadLanes.threadLimit + 36
    for number in 0..<count {
      lanes.submit(LaneName("file \(number)", .input)) { input.wait() }
    }
    let control = DispatchSemaphore(value: 0)
    lanes.submit(LaneName("commit")) { control.signal() }
    #expect(control.wait(timeout: .now() + 60) == .success)
    // Those beyond the limit come in their turn.
    let last = DispatchSemaphore(value: 0)
    lanes.submit(LaneName("file \(count)", .input)) { last.signal() }
    for _ in 0..<count { input.signal() }
    #expect(last.wait(timeout: .now() + 60) == .success)
  }
}
