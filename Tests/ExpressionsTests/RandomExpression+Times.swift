import Plans
import Schemas

/// Points in time, dates, spans and what is computed of them.
extension RandomExpression {
  mutating func timeOperation(_ type: DataType, _ depth: Int) -> Expression {
    switch type {
    case .timestamp: pointOperation(depth)
    case .date: dateOperation(depth)
    default: spanOperation(depth)
    }
  }

  private mutating func pointOperation(_ depth: Int) -> Expression {
    switch pick(5) {
    case 0: return cast(make(.date, depth: depth - 1), .timestamp)
    case 1:
      let units = [
        "microsecond", "millisecond", "second", "minute", "hour", "day", "week", "month",
        "quarter", "year",
      ]
      return call(
        "date_trunc", .timestamp, literal(units[pick(units.count)]),
        make(.timestamp, depth: depth - 1))
    case 2:
      return call(
        "add", .timestamp, make(.duration, depth: depth - 1), make(.timestamp, depth: depth - 1))
    default:
      return call(
        ["add", "subtract", "try_add", "try_subtract"][pick(4)], .timestamp,
        make(.timestamp, depth: depth - 1), make(.duration, depth: depth - 1))
    }
  }

  private mutating func dateOperation(_ depth: Int) -> Expression {
    let date = make(.date, depth: depth - 1)
    switch pick(4) {
    case 0: return cast(make(.timestamp, depth: depth - 1), .date)
    case 1:
      let units = ["day", "week", "month", "quarter", "year"]
      return call("date_trunc", .date, literal(units[pick(units.count)]), date)
    case 2: return call("last_day", .date, date)
    default:
      return call(
        ["date_add", "date_sub"][pick(2)], .date, date, literal(Int64(pick(800)) - 400))
    }
  }

  private mutating func spanOperation(_ depth: Int) -> Expression {
    let span = make(.duration, depth: depth - 1)
    switch pick(6) {
    case 0: return call("negate", .duration, span)
    case 1:
      let type = [DataType.timestamp, .date][pick(2)]
      return call(
        "subtract", .duration, make(type, depth: depth - 1), make(type, depth: depth - 1))
    case 2: return call("multiply", .duration, span, make(.int, depth: depth - 1))
    case 3: return call("multiply", .duration, make(.int, depth: depth - 1), span)
    case 4:
      return call(
        ["divide", "try_divide"][pick(2)], .duration, span, make(.int, depth: depth - 1))
    default:
      return call(
        ["add", "subtract"][pick(2)], .duration, span, make(.duration, depth: depth - 1))
    }
  }

  /// An int out of a point in time or a date.
  mutating func timePart(_ depth: Int) -> Expression {
    let ofDates = [
      "year", "quarter", "month", "week", "day", "dayofyear", "dayofweek", "isodow",
    ]
    if pick(6) == 0 {
      return call(
        "datediff", .int, make(.date, depth: depth - 1), make(.date, depth: depth - 1))
    }
    if pick(2) == 0 {
      return call(ofDates[pick(ofDates.count)], .int, make(.date, depth: depth - 1))
    }
    let all = ofDates + ["hour", "minute", "second"]
    let point = make(.timestamp, depth: depth - 1)
    if pick(3) > 0 { return call(all[pick(all.count)], .int, point) }
    let parts = ["year", "month", "day", "doy", "dow", "isodow", "hour", "minute", "second"]
    return call("extract", .int, literal(parts[pick(parts.count)]), point)
  }

  mutating func timeLeaf(_ type: DataType, isColumn: Bool) -> Expression {
    let day: Int64 = 86_400_000_000
    switch type {
    case .timestamp:
      let values = [0, -1, 1_767_225_600_000_000, 951_782_400_000_000 + day / 2, -day]
      return isColumn
        ? column(["u", "v"][pick(2)], type) : .literal(.timestamp(values[pick(5)]), type)
    case .date:
      let values: [Int64] = [0, -1, 11_016, 20_454, -25_567]
      return isColumn ? column(["k", "l"][pick(2)], type) : .literal(.date(values[pick(5)]), type)
    default:
      let values = [0, 1, -1, day, 90_061_000_001, -7 * day]
      return isColumn
        ? column(["m", "n"][pick(2)], type) : .literal(.duration(values[pick(6)]), type)
    }
  }
}
