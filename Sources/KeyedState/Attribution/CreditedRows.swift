import Columns
import Schemas

/// Results on their way out: which conversion gives what to which touch.
struct CreditedRows {
  /// On their shelves; of a result without a touch `RowShelf.none`.
  private var conversions: [UInt32] = []
  private var touches: [UInt32] = []
  /// Where a result stands among its conversion's.
  private var order: [Int64] = []
  private var credits: [CreditedValue] = []

  var count: Int { conversions.count }

  mutating func add(
    _ conversion: UInt32, _ touch: UInt32, place: Int, _ credit: CreditedValue
  ) {
    conversions.append(conversion)
    touches.append(touch)
    order.append(Int64(place))
    credits.append(credit)
  }

  /// The batch of them; nil where there are none. O(results × columns).
  mutating func take(
    _ shape: AttributionShape, _ touchShelf: RowShelf, _ conversionShelf: RowShelf
  ) -> Batch? {
    guard count > 0 else { return nil }
    let given = conversionShelf.places(of: conversions)
    let got = touchShelf.places(of: touches)
    let hasNone = touches.contains(RowShelf.none)
    var columns: [Column] = []
    // Behind the keys, and the value or the mask.
    var (ofConversion, ofTouch) = (shape.keyCount + 1, shape.keyCount + 1)
    for (source, field) in zip(shape.columns, shape.result.fields) {
      switch source {
      case .conversion:
        columns.append(Self.column(field, given, ofConversion, hasNone: false))
        ofConversion += 1
      case .touch:
        columns.append(Self.column(field, got, ofTouch, hasNone: hasNone))
        ofTouch += 1
      }
    }
    columns.append(creditColumn(shape.row.fields[shape.value].type))
    let result = Batch(schema: shape.result, columns: columns, rowCount: count)
    addTags(to: result, given)
    conversions.removeAll(keepingCapacity: true)
    touches.removeAll(keepingCapacity: true)
    order.removeAll(keepingCapacity: true)
    credits.removeAll(keepingCapacity: true)
    return result
  }

  private typealias Places = (batches: [Batch], places: [PartPlace])

  private static func column(
    _ field: Field, _ rows: Places, _ number: Int, hasNone: Bool
  ) -> Column {
    ColumnParts(field.type, rows.batches.map { $0.columns[number] }, keepsDictionary: true)
      .values(at: rows.places[...], hasNone: hasNone)
  }

  private func creditColumn(_ type: DataType) -> Column {
    let hasNulls = credits.contains { if case .none = $0 { true } else { false } }
    let column = Column(fixed: type, rowCount: count, withValidity: hasNulls)
    for (row, credit) in credits.enumerated() {
      column.validity?[row] = 1
      switch credit {
      case .none:
        column.validity?[row] = 0
        if type.width == 16 { column.decimals[row] = 0 } else { column.ints[row] = 0 }
      case .float(let value): column.floats[row] = value
      case .units(let units):
        if type.width == 16 {
          column.decimals[row] = units
        } else {
          column.ints[row] = Int64(truncatingIfNeeded: units)
        }
      }
    }
    return column
  }

  /// Results have the event time of their conversion, and stand where it does, in the order of its
  /// touches. Only where the rows themselves have tags.
  private func addTags(to result: Batch, _ rows: Places) {
    let times = Column(fixed: .timestamp, rowCount: count)
    let lanes = Column(fixed: .int, rowCount: count)
    let places = Column(fixed: .int, rowCount: count)
    var hasTags = false
    for (row, at) in rows.places.enumerated() {
      let hidden = rows.batches[Int(at.part)].hidden
      let number = Int(at.number)
      times.ints[row] = hidden.eventTimes?.ints[number] ?? 0
      hasTags = hasTags || hidden.lanes != nil
      lanes.ints[row] = hidden.lanes?.ints[number] ?? 0
      places.ints[row] = OrderTag.place(of: order[row], in: hidden.places?.ints[number] ?? 0)
    }
    result.hidden.eventTimes = times
    guard hasTags else { return }
    result.hidden.lanes = lanes
    result.hidden.places = places
  }
}
