import Columns
import Operators
import Schemas

/// Where one stage's rows go: to stages of the same segment by a call, to others through an
/// exchange.
final class Outlet: Output {
  enum Consumer {
    case stage(Stage, input: Int)
    case exchange(ExchangeSender)
  }

  /// By port.
  private var consumers: [[Consumer]]
  /// Every consumer once for watermarks, whatever the port.
  private var followers: [Consumer] = []
  /// The stages that a call of this one can reach.
  private var reach: [Stage] = []
  private unowned let segment: Segment

  init(segment: Segment) {
    self.segment = segment
    consumers = OutputPort.allCases.map { _ in [] }
  }

  func connect(_ port: OutputPort, to consumer: Consumer) {
    // As the lists of a segment: set, not changed in place.
    consumers = consumers.enumerated().map { $0 == port.rawValue ? $1 + [consumer] : $1 }
    followers = followers + [consumer]
    guard case .stage(let stage, _) = consumer else { return }
    reach =
      reach
      + ([stage] + stage.outlet.reach).filter { next in !reach.contains { $0 === next } }
  }

  func emit(_ batch: Batch, port: OutputPort) {
    guard batch.selectedCount > 0 else { return }
    let targets = consumers[port.rawValue]
    for (index, target) in targets.enumerated() {
      // The last one gets the batch itself.
      let copy = index == targets.count - 1 ? batch : batch.shared()
      switch target {
      case .stage(let stage, let input): stage.accept(.rows(copy, input: input))
      case .exchange(let exchange): exchange.send(copy)
      }
    }
  }

  var hasCredit: Bool { segment.hasRoom && reach.allSatisfy { $0.isClear } }

  func isRead(_ port: OutputPort) -> Bool { !consumers[port.rawValue].isEmpty }

  func watermark(_ time: Timestamp) {
    for follower in followers {
      switch follower {
      case .stage(let stage, let input): stage.watermark(time, input: input)
      case .exchange(let exchange): exchange.watermark(time)
      }
    }
  }

  func idle(_ isIdle: Bool) {
    for follower in followers {
      switch follower {
      case .stage(let stage, let input): stage.idle(isIdle, input: input)
      case .exchange(let exchange): exchange.broadcast(.idle(isIdle))
      }
    }
  }
}
