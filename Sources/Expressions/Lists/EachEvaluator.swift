import Columns
import Plans
import Schemas

/// A lambda over the elements of lists, evaluated once for those of all rows: they are laid out in
/// one column, the columns that the lambda reads of its row are repeated beside them, and the
/// results are put together by the lists' lengths. An element that fails fails its row.
final class EachEvaluator: Evaluator {
  private let operation: Expression.ElementOperation
  private let list: Evaluator
  private let element: FieldType
  /// The columns of the row that the body reads, in its order; behind them stands the element.
  private let outer: [Int]
  private let body: Evaluator

  init(
    _ operation: Expression.ElementOperation, _ list: Evaluator, _ element: FieldType,
    outer: [Int], body: Evaluator, _ type: DataType
  ) {
    self.operation = operation
    self.list = list
    self.element = element
    self.outer = outer
    self.body = body
    super.init(type)
  }

  override var isInfallible: Bool { list.isInfallible && body.isInfallible }
  override var cost: Int { list.cost + 20 + 4 * body.cost }

  override func evaluate(_ frame: Frame, _ selection: Selection?) -> Column {
    let lists = list.evaluate(frame, selection)
    let rows = RowSet(rowCount: frame.rowCount, selection: selection)
    let elements = ListElements(lists, of: element, rows)
    let repetition = Repetition(elements.rows)
    let inner = Frame(
      columns: outer.map { frame.columns[$0].repeated(repetition) } + [elements.column],
      rowCount: elements.rows.count)
    let values = body.evaluate(inner, nil)
    for failure in inner.failuresByRow {
      frame.fail(Int(elements.rows[failure.row]), failure.reason)
    }
    let spans = ElementSpans(elements.rows)
    switch operation {
    case .map: return mapped(values, lists, rows, spans)
    case .filter: return kept(elements.column, where: values, lists, rows, spans)
    case .any: return folded(values, lists, rows, spans, decidedBy: 1)
    case .all: return folded(values, lists, rows, spans, decidedBy: 0)
    }
  }

  private func mapped(
    _ values: Column, _ lists: Column, _ rows: RowSet, _ spans: ElementSpans
  ) -> Column {
    write(lists, rows, spans) { span, buffer in
      var hasNulls = false
      for k in span where !values.isValid(k) { hasNulls = true }
      let writer = SlotWriter(
        list: values.type, count: span.count, hasNulls: hasNulls, to: buffer)
      for k in span { writer.put(k - span.lowerBound, values.element(k), values.type) }
    }
  }

  private func kept(
    _ elements: Column, where mask: Column, _ lists: Column, _ rows: RowSet,
    _ spans: ElementSpans
  ) -> Column {
    write(lists, rows, spans) { span, buffer in
      let kept = span.filter { mask.isValid($0) && mask.plainBool($0) }
      NestedWriter.list(kept.map { elements.element($0) }, of: elements.type, to: buffer)
    }
  }

  private func write(
    _ lists: Column, _ rows: RowSet, _ spans: ElementSpans,
    _ body: (Range<Int>, ByteBuffer) -> Void
  ) -> Column {
    let writer = TextColumnWriter(type, rowCount: rows.rowCount, byteCapacity: rows.count * 32)
    var cursor = spans.start
    rows.eachRow { row in
      writer.skip(to: row)
      guard lists.isValid(row) else { return writer.endNull() }
      body(spans.next(row, &cursor), writer.buffer)
      writer.endRow()
    }
    return writer.finish()
  }

  /// `or` (decided by 1) or `and` (by 0) of a list's values.
  private func folded(
    _ values: Column, _ lists: Column, _ rows: RowSet, _ spans: ElementSpans,
    decidedBy decisive: UInt8
  ) -> Column {
    let out = Column(fixed: .bool, rowCount: rows.rowCount, withValidity: true)
    guard let valid = out.validity else { return out }
    out.bools.initialize(repeating: 0, count: rows.rowCount)
    valid.initialize(repeating: 1, count: rows.rowCount)
    var cursor = spans.start
    rows.eachRow { row in
      guard lists.isValid(row) else { return valid[row] = 0 }
      var result: UInt8? = 1 - decisive
      for k in spans.next(row, &cursor) {
        if !values.isValid(k) {
          result = nil
        } else if values.plainBool(k) == (decisive == 1) {
          result = decisive
          break
        }
      }
      out.bools[row] = result ?? 0
      valid[row] = result == nil ? 0 : 1
    }
    return out
  }
}

/// Where the elements of each row stand among those of all.
struct ElementSpans {
  private let rows: [UInt32]

  init(_ rows: [UInt32]) { self.rows = rows }

  var start: Int { 0 }

  /// Of the next row that counts; rows come in order.
  func next(_ row: Int, _ cursor: inout Int) -> Range<Int> {
    let begin = cursor
    while cursor < rows.count, Int(rows[cursor]) == row { cursor += 1 }
    return begin..<cursor
  }
}

extension Column {
  fileprivate func plainBool(_ row: Int) -> Bool {
    dictionary.map { $0.bools[Int(codes[row])] != 0 } ?? (bools[row] != 0)
  }
}
