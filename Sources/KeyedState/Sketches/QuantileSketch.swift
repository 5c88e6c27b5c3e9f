import Columns
import Glibc
import Schemas

/// DDSketch (Masson, Rim, Lee, "DDSketch: a fast and fully-mergeable quantile sketch with
/// relative-error guarantees", VLDB 2019): how many values lie in each of the bins whose ends
/// grow by 2 %, so that a bin's middle is within 1 % of all its values.
///
/// The bins reach from the least to the greatest float, so that none are ever merged: that many
/// values of a group have 150,000 bins at most, and those of one order of magnitude 116. All that
/// counts is how many values a bin has, whatever their order. Exact are the least and the greatest.
final class QuantileSketch: Sketch, @unchecked Sendable {
  /// Of a value to the one that stands for it.
  static let accuracy = 0.01
  private static let logOfBase = log((1 + accuracy) / (1 - accuracy))
  /// Beyond the number of any bin, so that the bins of positive values have positive keys.
  private static let shift: Int32 = 50_000
  private static let infinite: Int32 = 100_000
  private static let notANumber: Int32 = 100_001

  /// A bin of no value is a free slot.
  private struct Bin: BitwiseCopyable {
    /// In the order of the values.
    var key: Int32
    var count: Int64
  }

  var generation = 0
  private var bins: UnsafeMutablePointer<Bin>
  private var slotCount: Int
  private var binCount = 0
  private var count: Int64 = 0
  private var least = Int64.max
  private var greatest = Int64.min

  init(_ spec: AggregateSpec) {
    slotCount = 4
    bins = Self.slots(4)
  }

  private init(copying other: QuantileSketch) {
    slotCount = other.slotCount
    binCount = other.binCount
    count = other.count
    least = other.least
    greatest = other.greatest
    bins = .allocate(capacity: slotCount)
    bins.update(from: other.bins, count: slotCount)
  }

  deinit { bins.deallocate() }

  private static func slots(_ count: Int) -> UnsafeMutablePointer<Bin> {
    let slots = UnsafeMutablePointer<Bin>.allocate(capacity: count)
    slots.initialize(repeating: Bin(key: 0, count: 0), count: count)
    return slots
  }

  func copy() -> QuantileSketch { QuantileSketch(copying: self) }

  var byteCount: Int { 80 + slotCount * MemoryLayout<Bin>.stride }

  @inline(__always)
  func insert(_ value: Double) {
    let word = orderedWord(value)
    least = min(least, word)
    greatest = max(greatest, word)
    add(Self.key(value), 1)
  }

  private static func key(_ value: Double) -> Int32 {
    guard value.isFinite else {
      return value.isNaN ? notANumber : value > 0 ? infinite : -infinite
    }
    guard value != 0 else { return 0 }
    let bin = shift + Int32((log(abs(value)) / logOfBase).rounded(.up))
    return value > 0 ? bin : -bin
  }

  /// The middle of a bin, as far from its lower end as from the upper, in parts of these.
  private static func middle(_ key: Int32) -> Double {
    switch key {
    case 0: return 0
    case notANumber: return .nan
    case infinite, -infinite: return key > 0 ? .infinity : -.infinity
    default:
      let bin = Double(abs(key) - shift)
      let middle = exp(bin * logOfBase) * (1 - accuracy)
      return key > 0 ? middle : -middle
    }
  }

  private func add(_ key: Int32, _ added: Int64) {
    let mask = slotCount - 1
    var slot = Self.slot(key) & mask
    while bins[slot].count != 0 {
      if bins[slot].key == key {
        bins[slot].count &+= added
        count &+= added
        return
      }
      slot = (slot + 1) & mask
    }
    bins[slot] = Bin(key: key, count: added)
    binCount += 1
    count &+= added
    if binCount * 4 > slotCount * 3 { grow() }
  }

  @inline(__always)
  private static func slot(_ key: Int32) -> Int {
    // Fibonacci hashing: keys that are neighbours lie apart.
    Int((UInt64(UInt32(bitPattern: key)) &* 0x9E37_79B9_7F4A_7C15) &>> 32)
  }

  private func grow() {
    let target = Self.slots(slotCount * 2)
    let mask = slotCount * 2 - 1
    for old in 0..<slotCount where bins[old].count != 0 {
      var slot = Self.slot(bins[old].key) & mask
      while target[slot].count != 0 { slot = (slot + 1) & mask }
      target[slot] = bins[old]
    }
    bins.deallocate()
    bins = target
    slotCount *= 2
  }

  /// The value at the place ⌊share × (values − 1)⌋ of their order, within 1 %; nil of none.
  func quantile(_ share: Double) -> Double? {
    guard count > 0 else { return nil }
    let place = min(Int64(share * Double(count - 1)), count - 1)
    if place <= 0 { return floatOfOrdered(least) }
    if place == count - 1 { return floatOfOrdered(greatest) }
    let sorted = (0..<slotCount).map { bins[$0] }.filter { $0.count > 0 }
      .sorted { $0.key < $1.key }
    var passed: Int64 = 0
    for bin in sorted {
      passed += bin.count
      guard passed > place else { continue }
      let word = orderedWord(Self.middle(bin.key))
      return floatOfOrdered(min(max(word, least), greatest))
    }
    return floatOfOrdered(greatest)
  }
}

extension QuantileSketch {
  func write(to buffer: ByteBuffer) {
    buffer.append(raw: least)
    buffer.append(raw: greatest)
    for slot in 0..<slotCount where bins[slot].count != 0 {
      buffer.append(raw: bins[slot].key)
      buffer.append(raw: bins[slot].count)
    }
  }

  func merge(_ bytes: UnsafeBufferPointer<UInt8>) {
    var reader = SketchReader(bytes)
    guard let low = reader.next(Int64.self), let high = reader.next(Int64.self) else { return }
    least = min(least, low)
    greatest = max(greatest, high)
    while let key = reader.next(Int32.self), let count = reader.next(Int64.self) {
      if count > 0, key.magnitude <= Self.notANumber.magnitude { add(key, count) }
    }
  }

  static func update(
    _ cells: SketchCells<QuantileSketch>, _ rows: GroupRows, _ input: AggregateInput
  ) {
    let doubles = DoubleColumn(input.columns[0], rows)
    for i in 0..<rows.count { cells.change(rows.groups[i]) { $0.insert(doubles.values[i]) } }
  }

  static func result(
    _ cells: SketchCells<QuantileSketch>, _ groups: RowList, _ spec: AggregateSpec
  ) -> AggregateResult {
    let column = Column(fixed: .float, rowCount: groups.count, withValidity: true)
    for i in 0..<groups.count {
      let value = cells.sketch(groups.rows[i])?.quantile(spec.share)
      column.validity?[i] = value == nil ? 0 : 1
      column.floats[i] = value ?? 0
    }
    return AggregateResult(column: column, failed: [])
  }
}
