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
