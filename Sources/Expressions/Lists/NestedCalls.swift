import Columns
import Schemas

/// A function whose result is a list, a map, or a text made of one.
struct NestedCall: TextFunction {
  typealias Body = (NestedArguments, Int, ByteBuffer, Frame) -> Bool

  private let body: Body
  private var arguments: NestedArguments?

  /// `body` writes a row's cell behind the buffer's end; false for null.
  init(_ body: @escaping Body) { self.body = body }

  /// A list that `body` makes of its elements.
  static func list(
    of element: DataType, _ body: @escaping (NestedArguments, Int) -> [Element]
  ) -> NestedCall {
    NestedCall { arguments, row, buffer, _ in
      NestedWriter.list(body(arguments, row), of: element, to: buffer)
      return true
    }
  }

  mutating func prepare(_ arguments: [Column]) { self.arguments = NestedArguments(arguments) }

  func write(_ row: Int, to buffer: ByteBuffer, _ frame: Frame) -> Bool {
    arguments.map { body($0, row, buffer, frame) } ?? false
  }
}

/// A function of lists whose result has a fixed width.
struct NestedValue<Value: BitwiseCopyable>: ValueFunction {
  private let body: (NestedArguments, Int, Frame) -> Value?
  private var arguments: NestedArguments?

  init(_ body: @escaping (NestedArguments, Int, Frame) -> Value?) { self.body = body }

  mutating func prepare(_ arguments: [Column]) { self.arguments = NestedArguments(arguments) }

  func value(_ row: Int, _ frame: Frame) -> Value? {
    arguments.flatMap { body($0, row, frame) }
  }
}

/// A function that picks one element, of whatever type.
final class ElementCall: CallEvaluator {
  private let pick: (NestedArguments, Int, Frame) -> Element

  init(
    _ type: DataType, _ arguments: [Evaluator], canFail: Bool = false,
    _ pick: @escaping (NestedArguments, Int, Frame) -> Element
  ) {
    self.pick = pick
    super.init(type, arguments, canFail: canFail, cost: 15)
  }

  override func compute(_ arguments: [Column], _ frame: Frame, _ rows: RowSet) -> Column {
    let common = CommonValidity(arguments, rowCount: rows.rowCount)
    let values = NestedArguments(arguments)
    let builder = PartBuilder(type, rowCount: rows.rowCount)
    rows.eachRow { row in
      builder.skip(to: row)
      let isKnown = common.bytes.map { $0[row] != 0 } ?? true
      builder.append(isKnown ? pick(values, row, frame) : nil)
    }
    return withExtendedLifetime(common) { builder.finish() }
  }
}

/// A field of a struct.
final class MemberEvaluator: CallEvaluator {
  private let layout: StructLayout
  private let index: Int

  init(_ base: Evaluator, _ fields: [Field], index: Int) {
    layout = StructLayout(fields.map(\.type))
    self.index = index
    super.init(fields[index].type, [base], canFail: false, cost: 8)
  }

  override func compute(_ arguments: [Column], _ frame: Frame, _ rows: RowSet) -> Column {
    arguments[0].field(index, of: layout, rows)
  }
}

/// A list or struct of values that are computed one by one.
final class NestedLiteral: CallEvaluator {
  private let layout: StructLayout?

  init(_ type: DataType, _ parts: [Evaluator]) {
    if case .structure(let fields) = type {
      layout = StructLayout(fields.map(\.type))
    } else {
      layout = nil
    }
    super.init(type, parts, strict: 0, canFail: false, cost: 10 + 5 * parts.count)
  }

  override func compute(_ arguments: [Column], _ frame: Frame, _ rows: RowSet) -> Column {
    let writer = TextColumnWriter(type, rowCount: rows.rowCount, byteCapacity: rows.count * 32)
    var element = DataType.unknown
    if case .list(let inner) = type { element = inner.type }
    rows.eachRow { row in
      writer.skip(to: row)
      let parts = arguments.map { $0.element(row) }
      if let layout {
        NestedWriter.structure(parts, layout, to: writer.buffer)
      } else {
        NestedWriter.list(parts, of: element, to: writer.buffer)
      }
      writer.endRow()
    }
    return writer.finish()
  }
}
