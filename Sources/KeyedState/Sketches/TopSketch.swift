import Columns
import Glibc
import Schemas

/// Space-saving: the values that come most often (Metwally, Agrawal, El Abbadi 2005), with the
/// merge of Agarwal et al., "Mergeable summaries" (2012).
///
/// Counters are dropped many at once, as their summary does: when there are too many, those
/// beyond a number that is kept go, and the greatest count of these is the floor: no value
/// without a counter has come more often, and one that gets a counter now may have. So a count is
/// never too low, by its error at most too high, and no error is above rows ÷ kept counters. What
/// is dropped hangs on the order of rows and merges; while none was, all counts are exact.
///
/// Long texts are bounded by their bytes in the same way: each purge takes what it raises the floor
/// by off the counts of values that have together more than half the bytes there are, so no floor
/// is above rows ÷ kept counters + bytes of all rows' values ÷ kept bytes.
final class TopSketch: Sketch, @unchecked Sendable {
  private struct Counter {
    var hash: UInt64
    var count: Int64
    var error: Int64
    var start: Int
    var length: Int
  }

  var generation = 0
  private let type: DataType
  /// How many counters there may be; half of them outlive a purge.
  private let room: Int
  /// How many bytes their values may have; half of them outlive a purge.
  private let byteRoom: Int
  private var counters: [Counter] = []
  /// An open table of counters' numbers + 1.
  private var slots: [UInt32] = []
  private var values: [UInt8] = []
  private var floor: Int64 = 0

  /// How many different values are counted exactly.
  static func room(for limit: Int) -> Int { max(1024, 16 * limit) }

  /// How many bytes they may have for that. Values of fixed width never have as many; and a batch
  /// of partial rows with as many each is below what the offsets of a column count.
  static func byteRoom(for limit: Int) -> Int { max(512 << 10, 64 * room(for: limit)) }

  init(_ spec: AggregateSpec) {
    type = spec.arguments.first?.type ?? .int
    room = Self.room(for: spec.limit ?? 1)
    byteRoom = Self.byteRoom(for: spec.limit ?? 1)
  }

  private init(copying other: TopSketch) {
    type = other.type
    room = other.room
    byteRoom = other.byteRoom
    floor = other.floor
    counters = other.counters.withUnsafeBufferPointer { Array($0) }
    slots = other.slots.withUnsafeBufferPointer { Array($0) }
    values = other.values.withUnsafeBufferPointer { Array($0) }
  }

  func copy() -> TopSketch { TopSketch(copying: self) }

  var byteCount: Int {
    160 + counters.capacity * MemoryLayout<Counter>.stride + slots.count * 4 + values.capacity
  }

  /// Counts a value of canonical bytes.
  func insert(_ value: UnsafeBufferPointer<UInt8>) {
    let hash = KeyHasher.hash(text: value)
    if let known = find(value, hash) {
      counters[known].count &+= 1
      return
    }
    append(value, hash, count: floor + 1, error: floor)
    purgeIfFull()
  }

  private func find(_ value: UnsafeBufferPointer<UInt8>, _ hash: UInt64) -> Int? {
    guard !slots.isEmpty else { return nil }
    let mask = slots.count - 1
    var slot = Int(truncatingIfNeeded: hash) & mask
    while slots[slot] != 0 {
      let number = Int(slots[slot]) - 1
      if counters[number].hash == hash, isSame(counters[number], value) { return number }
      slot = (slot + 1) & mask
    }
    return nil
  }

  private func isSame(_ counter: Counter, _ value: UnsafeBufferPointer<UInt8>) -> Bool {
    guard counter.length == value.count else { return false }
    guard let start = value.baseAddress else { return true }
    return values.withUnsafeBufferPointer { values in
      values.baseAddress.map { memcmp($0 + counter.start, start, counter.length) == 0 } ?? true
    }
  }

  private func append(
    _ value: UnsafeBufferPointer<UInt8>, _ hash: UInt64, count: Int64, error: Int64
  ) {
    if (counters.count + 1) * 4 > slots.count * 3 { index(slots: max(8, slots.count * 2)) }
    counters.append(
      Counter(
        hash: hash, count: count, error: error, start: values.count, length: value.count))
    values.append(contentsOf: value)
    place(counters.count - 1)
  }

  private func place(_ number: Int) {
    let mask = slots.count - 1
    var slot = Int(truncatingIfNeeded: counters[number].hash) & mask
    while slots[slot] != 0 { slot = (slot + 1) & mask }
    slots[slot] = UInt32(truncatingIfNeeded: number + 1)
  }

  private func index(slots count: Int) {
    slots = Array(repeating: 0, count: count)
    for number in counters.indices { place(number) }
  }

  /// Drops the counters that are not above the floor, which is raised to the count of the first
  /// beyond those that are kept. Of equal counts all go, so that order decides nothing here.
  private func purgeIfFull() {
    guard counters.count > room || values.count > byteRoom else { return }
    floor = max(floor, firstBeyond())
    let old = values
    // A value that was much larger than all others leaves no room behind.
    values = []
    values.reserveCapacity(min(old.capacity, byteRoom))
    counters = counters.filter { $0.count > floor }.map { counter in
      var counter = counter
      let bytes = old[counter.start..<counter.start + counter.length]
      counter.start = values.count
      values.append(contentsOf: bytes)
      return counter
    }
    index(slots: slots.count)
  }

  /// The count of the first, in their order, that half the counters and half the bytes have no room
  /// for.
  private func firstBeyond() -> Int64 {
    let sorted = counters.map { (count: $0.count, length: $0.length) }
      .sorted { $0.count > $1.count }
    var bytes = 0
    for (place, counter) in sorted.enumerated() {
      bytes += counter.length
      if place == room / 2 || bytes > byteRoom / 2 { return counter.count }
    }
    return floor
  }
}

extension TopSketch {
  func write(to buffer: ByteBuffer) {
    buffer.append(raw: floor)
    values.withUnsafeBufferPointer { values in
      for counter in counters {
        buffer.append(raw: counter.count)
        buffer.append(raw: counter.error)
        buffer.append(raw: UInt32(truncatingIfNeeded: counter.length))
        buffer.append(
          UnsafeBufferPointer(
            rebasing: values[counter.start..<counter.start + counter.length]))
      }
    }
  }

  /// A value that one side has no counter of may have come as often there as its floor says.
  func merge(_ bytes: UnsafeBufferPointer<UInt8>) {
    var reader = SketchReader(bytes)
    guard let added = reader.next(Int64.self), added >= 0 else { return }
    let own = floor
    if added > 0 {
      for number in counters.indices {
        counters[number].count &+= added
        counters[number].error &+= added
      }
    }
    floor = own &+ added
    while let count = reader.next(Int64.self), let error = reader.next(Int64.self),
      let length = reader.next(UInt32.self), let value = reader.next(count: Int(length))
    {
      let hash = KeyHasher.hash(text: value)
      if let known = find(value, hash) {
        counters[known].count &+= count &- added
        counters[known].error &+= error &- added
      } else {
        append(value, hash, count: own &+ count, error: own &+ error)
      }
    }
    purgeIfFull()
  }

  static func update(
    _ cells: SketchCells<TopSketch>, _ rows: GroupRows, _ input: AggregateInput
  ) {
    let column = input.columns[0]
    guard column.type == .float else {
      for i in 0..<rows.count {
        let value = ValueBytes.of(column, Int(rows.rows[i]))
        cells.change(rows.groups[i]) { $0.insert(value) }
      }
      return
    }
    for i in 0..<rows.count {
      let value = ValueBytes.of(column, Int(rows.rows[i]))
      guard let start = value.baseAddress else { continue }
      // −0 is 0, and there is one NaN.
      let number = UnsafeRawPointer(start).loadUnaligned(as: Double.self)
      var canonical = floatOfOrdered(orderedWord(number))
      withUnsafeBytes(of: &canonical) { bytes in
        cells.change(rows.groups[i]) { $0.insert(bytes.assumingMemoryBound(to: UInt8.self)) }
      }
    }
  }

  static func result(
    _ cells: SketchCells<TopSketch>, _ groups: RowList, _ spec: AggregateSpec
  ) -> AggregateResult {
    let writer = TopWriter(spec)
    let builder = ColumnBuilder(spec.resultType, capacity: groups.count)
    var failed: [Int] = []
    for i in 0..<groups.count
    where !writer.append(cells.sketch(groups.rows[i])?.top(spec.limit ?? 1) ?? [], to: builder) {
      failed.append(i)
    }
    return AggregateResult(column: builder.finish(), failed: failed)
  }

  struct Ranked {
    var value: [UInt8]
    var count: Int64
    var error: Int64
  }

  /// The values of the greatest counts, of equals the lesser value first.
  func top(_ limit: Int) -> [Ranked] {
    values.withUnsafeBufferPointer { values in
      func bytes(_ counter: Counter) -> UnsafeBufferPointer<UInt8> {
        UnsafeBufferPointer(rebasing: values[counter.start..<counter.start + counter.length])
      }
      let sorted = counters.sorted { a, b in
        a.count != b.count
          ? a.count > b.count : ValueBytes.compare(bytes(a), bytes(b), type) < 0
      }
      return sorted.prefix(limit).map { counter in
        Ranked(value: Array(bytes(counter)), count: counter.count, error: counter.error)
      }
    }
  }
}

/// Writes lists of structs of value, count and error.
private struct TopWriter {
  private let element: DataType
  private let layout: StructLayout
  private let structs = ByteBuffer()
  private let list = ByteBuffer()

  init(_ spec: AggregateSpec) {
    let type = spec.arguments.first?.type ?? .int
    element = .structure([Field("value", type), Field("count", .int), Field("error", .int)])
    layout = StructLayout([type, .int, .int])
  }

  /// False where the list would be larger than a batch may be; then it is empty.
  func append(_ ranked: [TopSketch.Ranked], to builder: ColumnBuilder) -> Bool {
    structs.removeAll()
    list.removeAll()
    let size = ranked.reduce(0) { $0 + $1.value.count + layout.fields.count * 16 }
    let fits = size <= TextLimit.batchBytes
    var ends: [Int] = []
    for entry in fits ? ranked : [] {
      entry.value.withUnsafeBufferPointer { value in
        withUnsafeBytes(of: entry.count) { count in
          withUnsafeBytes(of: entry.error) { error in
            NestedWriter.structure(
              [
                value, count.assumingMemoryBound(to: UInt8.self),
                error.assumingMemoryBound(to: UInt8.self),
              ], layout, to: structs)
          }
        }
      }
      ends.append(structs.count)
    }
    let bytes = structs.bytes
    let starts = [0] + ends.dropLast()
    let elements: [NestedWriter.Element] = zip(starts, ends).map {
      UnsafeBufferPointer(rebasing: bytes[$0..<$1])
    }
    NestedWriter.list(elements, of: element, to: list)
    builder.append(text: list.bytes)
    return fits
  }
}
