import Columns
import Schemas

/// A column that lies in several parts, of which rows are put together.
struct ColumnParts {
  /// In place of a part: the row is null.
  static let none = UInt32.max

  private let type: DataType
  /// nil: all null.
  private let parts: [Column?]
  private let hasNulls: Bool
  /// Of plain columns of fixed width, or the codes in the dictionary that all parts have. `parts`
  /// keeps the memory.
  private let values: [UnsafeRawPointer?]?
  private let dictionary: Column?

  /// `keepsDictionary`: where all parts have one and the same, the result has it too.
  init(_ type: DataType, _ parts: [Column?], keepsDictionary: Bool = false) {
    self.type = type
    self.parts = parts
    hasNulls = parts.contains { $0?.hasNulls ?? true }
    let shared = keepsDictionary ? parts.first.flatMap { $0?.dictionary } : nil
    if let shared, parts.allSatisfy({ $0?.dictionary === shared }) {
      dictionary = shared
      values = parts.map { $0.map { UnsafeRawPointer($0.codes) } }
    } else {
      dictionary = nil
      let isPlain = !type.isText && !parts.contains { $0?.isDictionary ?? false }
      values = isPlain ? parts.map { $0.map { UnsafeRawPointer($0.values) } } : nil
    }
  }

  /// The values at these places; `hasNone` says that some may be in no part.
  func values(at places: ArraySlice<PartPlace>, hasNone: Bool = false) -> Column {
    let withValidity = hasNone || hasNulls
    let result: Column
    if let values, let dictionary {
      result = Column(
        dictionary: dictionary, rowCount: places.count, withValidity: withValidity)
      fill(result.codes, values, places, empty: 0)
    } else if let values {
      result = Column(fixed: type, rowCount: places.count, withValidity: withValidity)
      switch type.width {
      case 1: fill(result.bools, values, places, empty: 0)
      case 16: fill(result.decimals, values, places, empty: 0)
      default: fill(result.ints, values, places, empty: 0)
      }
    } else {
      return copied(places)
    }
    if let validity = result.validity { fillValidity(validity, places) }
    return result
  }

  @inline(__always)
  private func fill<Value: BitwiseCopyable>(
    _ target: UnsafeMutablePointer<Value>, _ values: [UnsafeRawPointer?],
    _ places: ArraySlice<PartPlace>, empty: Value
  ) {
    var k = 0
    for place in places {
      let base = place.part == Self.none ? nil : values[Int(place.part)]
      target[k] = base?.assumingMemoryBound(to: Value.self)[Int(place.number)] ?? empty
      k &+= 1
    }
  }

  private func fillValidity(
    _ target: UnsafeMutablePointer<UInt8>, _ places: ArraySlice<PartPlace>
  ) {
    for (k, place) in places.enumerated() {
      let part = place.part == Self.none ? nil : parts[Int(place.part)]
      target[k] = part?.isValid(Int(place.number)) ?? false ? 1 : 0
    }
  }

  /// Texts, and what only some parts have in a dictionary.
  private func copied(_ places: ArraySlice<PartPlace>) -> Column {
    let builder = ColumnBuilder(type, capacity: max(places.count, 1))
    for place in places {
      if place.part != Self.none, let part = parts[Int(place.part)] {
        builder.append(from: part, row: Int(place.number))
      } else {
        builder.appendNull()
      }
    }
    return builder.finish()
  }

  /// How many bytes of text are at a place.
  func textBytes(at place: PartPlace) -> Int {
    let row = Int(place.number)
    guard let part = parts[Int(place.part)], part.isValid(row) else { return 0 }
    return part.text(row).count
  }
}
