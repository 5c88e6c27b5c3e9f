import Columns
import Schemas

/// A column of the batch as it is.
final class ColumnReader: Evaluator {
  private let index: Int

  init(index: Int, _ type: DataType) {
    self.index = index
    super.init(type)
  }

  override var isInfallible: Bool { true }
  override var cost: Int { 0 }

  override func evaluate(_ frame: Frame, _ selection: Selection?) -> Column {
    frame.columns[index]
  }
}

/// When rows happened. The batch has event times: stages that compute with them ask for them.
final class EventTimeReader: Evaluator {
  init() { super.init(.timestamp) }

  override var isInfallible: Bool { true }
  override var cost: Int { 0 }

  override func evaluate(_ frame: Frame, _ selection: Selection?) -> Column {
    guard let times = frame.eventTimes else {
      preconditionFailure("rows of a stage that computes with event time have one")
    }
    return times
  }
}
