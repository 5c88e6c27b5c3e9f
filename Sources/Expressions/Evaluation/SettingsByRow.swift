import Columns
import Plans
import Schemas

/// A call whose pattern, zone or path comes with the row: each value that comes is bound once, and
/// the rows that have it are computed together.
final class SettingsByRow: CallEvaluator {
  /// So many bound calls are kept.
  private static let limit = 1_000

  private enum Bound {
    case call(Evaluator)
    case failed(FailureReason)
  }

  private let call: Call
  /// The arguments that say how.
  private let settings: [Int]
  private var bound: [[String]: Bound] = [:]

  /// - Throws: where an argument must be known beforehand.
  init(_ call: Call) throws(BindingError) {
    self.call = call
    let signature = FunctionCatalogue.signature(of: call.name, types: call.types)
    var settings: [Int] = []
    for (index, argument) in call.arguments.enumerated() where argument.constant == nil {
      switch signature?.parameter(at: index) {
      case .setting?: settings.append(index)
      case .constantText?, .constantInt?, .choice?:
        throw .notConstant(function: call.name, argument: index + 1)
      default: continue
      }
    }
    self.settings = settings
    super.init(call.result, call.arguments, strict: 0, canFail: true, cost: 100)
  }

  override func compute(_ arguments: [Column], _ frame: Frame, _ rows: RowSet) -> Column {
    var merge = Merge(type, rowCount: rows.rowCount)
    for (values, list) in groups(arguments, rows) {
      let selection = Selection(rows: list)
      switch evaluator(values) {
      case .call(let evaluator):
        let inner = Frame(columns: arguments, rowCount: rows.rowCount)
        merge.take(evaluator.evaluate(inner, selection), selection)
        for failure in inner.failures { frame.fail(failure.row, failure.reason) }
      case .failed(let reason):
        for row in list { frame.fail(row, reason) }
      }
    }
    return merge.finish(rows)
  }

  /// The rows of each combination of values, in order; none of those in which one is null.
  private func groups(
    _ arguments: [Column], _ rows: RowSet
  ) -> [(values: [String], rows: [Int])] {
    let columns = settings.map { arguments[$0] }
    var places: [[String]: Int] = [:]
    var groups: [(values: [String], rows: [Int])] = []
    rows.eachRow { row in
      guard columns.allSatisfy({ $0.isValid(row) }) else { return }
      let values = columns.map { String(decoding: $0.text(row), as: UTF8.self) }
      let place = places[values] ?? groups.count
      if place == groups.count {
        places[values] = place
        groups.append((values, []))
      }
      groups[place].rows.append(row)
    }
    return groups
  }

  private func evaluator(_ values: [String]) -> Bound {
    if let known = bound[values] { return known }
    if bound.count >= Self.limit { bound = [:] }
    let made = bind(values)
    bound[values] = made
    return made
  }

  private func bind(_ values: [String]) -> Bound {
    var slots: [Evaluator] = call.arguments.enumerated().map { index, argument in
      argument.constant ?? ColumnReader(index: index, argument.type)
    }
    do throws(BindingError) {
      for (index, value) in zip(settings, values) {
        slots[index] = try Constant(.string(value), .string)
      }
      return .call(
        try KernelTable.bind(
          Call(name: call.name, arguments: slots, types: call.types, result: call.result)))
    } catch {
      return .failed(.setting(function: call.name, problem: "\(error)"))
    }
  }
}
