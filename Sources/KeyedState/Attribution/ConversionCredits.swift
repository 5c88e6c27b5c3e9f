import Columns
import Schemas

/// A conversion that has not given all its credit.
struct WaitingConversion {
  var time: Int64
  /// On the shelf.
  var number: UInt32
  var key: UInt32
  /// It counts conversions as they came.
  var serial: Int64
  /// Results that are out.
  var out: Int
  /// By which credit is given: one that was begun goes on as it was.
  var model: CreditModel
}

/// A conversion some of whose results may be out, by its number.
struct BegunConversion {
  var serial: Int64
  var out: Int
  var model: CreditModel
}

/// What a conversion is worth, or a share of that; whole numbers are of its last digit.
enum CreditedValue {
  case none
  case units(Int128)
  case float(Double)

  /// The value of a conversion.
  init(_ number: UInt32, _ conversions: RowShelf, _ shape: AttributionShape) {
    let (rows, row) = conversions.place(of: number)
    let column = rows.columns[shape.keyCount]
    guard column.isValid(row) else {
      self = .none
      return
    }
    let values = column.withFixedValues()
    switch column.type {
    case .decimal: self = .units(values.decimals[row])
    case .float: self = .float(values.floats[row])
    default: self = .units(Int128(values.ints[row]))
    }
    withExtendedLifetime(values) {}
  }
}

/// What the conversion at hand gives to whom: to each touch its share, or without one a result of
/// its own that bears all. Its memory serves one conversion after the other.
struct ConversionCredits {
  /// Whether there is a conversion at hand.
  private(set) var isBegun = false
  private var value = CreditedValue.none
  /// On the shelf: the one that gets all; or those that get something.
  private var only = RowShelf.none
  private var touches: [UInt32] = []
  private var weights: [UInt64] = []
  private var whole: Double = 1
  private var sharing = CreditSharing()

  /// Results.
  var count: Int { max(1, touches.count) }

  /// Without a touch, or with one.
  mutating func begin(_ value: CreditedValue, only touch: UInt32 = RowShelf.none) {
    isBegun = true
    self.value = value
    only = touch
    touches.removeAll(keepingCapacity: true)
  }

  /// `seen`: the touches that a look-back sees, of which there is one at least. Of one that gets
  /// all O(1), else O(touches).
  mutating func begin(
    _ value: CreditedValue, among touches: TouchRows, _ seen: Range<Int>, _ model: CreditModel
  ) {
    if let only = model.only(of: seen.count) {
      return begin(value, only: touches[seen.lowerBound + only].number)
    }
    begin(value)
    let newest = touches[seen.upperBound - 1].time
    model.weigh(seen.count, into: &weights) { newest - touches[seen.lowerBound + $0].time }
    for (place, weight) in weights.enumerated() where weight > 0 {
      self.touches.append(touches[seen.lowerBound + place].number)
    }
    weights.removeAll { $0 == 0 }
    switch value {
    case .none: break
    case .units(let units): sharing.share(units.magnitude, by: weights)
    case .float: whole = Double(weights.reduce(0, &+))
    }
  }

  mutating func end() { isBegun = false }

  func touch(_ place: Int) -> UInt32 { touches.isEmpty ? only : touches[place] }

  func credit(_ place: Int) -> CreditedValue {
    if touches.isEmpty { return value }
    switch value {
    case .none: return .none
    case .units(let units):
      let share = Int128(truncatingIfNeeded: sharing.shares[place])
      return .units(units < 0 ? 0 &- share : share)
    case .float(let number): return .float(number * (Double(weights[place]) / whole))
    }
  }

  /// Gives each row another number.
  mutating func renumber(_ number: (UInt32) -> UInt32) {
    guard isBegun else { return }
    if only != RowShelf.none { only = number(only) }
    for place in touches.indices { touches[place] = number(touches[place]) }
  }
}
