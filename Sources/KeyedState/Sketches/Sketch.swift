import Columns
import Schemas

/// A summary of one group's values, of bounded size, that can be merged with others.
///
/// What it is made of never hangs on the order of values or merges, except where it says so.
protocol Sketch: AnyObject, Sendable {
  init(_ spec: AggregateSpec)
  /// Which of a state's snapshots it is younger than; the state's, no sketch reads it.
  var generation: Int { get set }
  /// Bytes that it holds.
  var byteCount: Int { get }
  /// One that shares no memory with it: snapshots are read on another thread.
  func copy() -> Self
  /// Appends what `merge` reads.
  func write(to buffer: ByteBuffer)
  /// Takes in what another wrote; of bytes that no sketch wrote as much as can be read.
  func merge(_ bytes: UnsafeBufferPointer<UInt8>)
  static func update(_ cells: SketchCells<Self>, _ rows: GroupRows, _ input: AggregateInput)
  static func result(
    _ cells: SketchCells<Self>, _ groups: RowList, _ spec: AggregateSpec
  ) -> AggregateResult
}

/// A sketch for each group that has values, in pages. A snapshot shares pages and sketches, and
/// the first change after it copies what it changes.
final class SketchCells<Value: Sketch>: @unchecked Sendable {
  private static var pageSize: Int { 64 }

  private final class Page {
    var sketches: [Value?]
    let generation: Int

    init(_ sketches: [Value?], generation: Int) {
      self.sketches = sketches
      self.generation = generation
    }
  }

  private let spec: AggregateSpec
  private var pages: [Page] = []
  private var generation = 0
  private(set) var byteCount = 0

  init(_ spec: AggregateSpec) { self.spec = spec }

  private init(sharing other: SketchCells) {
    spec = other.spec
    // Not the same array: its owner goes on to change it in place.
    pages = other.pages.map { $0 }
    byteCount = other.byteCount
  }

  func share() -> SketchCells {
    generation += 1
    return SketchCells(sharing: self)
  }

  func grow(to groups: Int) {
    while pages.count * Self.pageSize < groups {
      pages.append(
        Page(Array(repeating: nil, count: Self.pageSize), generation: generation))
    }
  }

  /// The group's sketch, for reading only; nil of no value.
  func sketch(_ group: UInt32) -> Value? {
    pages[Int(group) / Self.pageSize].sketches[Int(group) % Self.pageSize]
  }

  /// Changes the group's sketch.
  @inline(__always)
  func change(_ group: UInt32, _ body: (Value) -> Void) {
    let sketch = own(group)
    let before = sketch.byteCount
    body(sketch)
    byteCount += sketch.byteCount - before
  }

  func clear(_ group: UInt32) {
    guard let sketch = sketch(group) else { return }
    byteCount -= sketch.byteCount
    ownPage(group).sketches[Int(group) % Self.pageSize] = nil
  }

  @inline(__always)
  private func own(_ group: UInt32) -> Value {
    if let sketch = sketch(group), sketch.generation == generation { return sketch }
    return makeOwn(group)
  }

  @inline(never)
  private func makeOwn(_ group: UInt32) -> Value {
    let page = ownPage(group)
    let known = page.sketches[Int(group) % Self.pageSize]
    let sketch = known?.copy() ?? Value(spec)
    if known == nil { byteCount += sketch.byteCount }
    sketch.generation = generation
    page.sketches[Int(group) % Self.pageSize] = sketch
    return sketch
  }

  private func ownPage(_ group: UInt32) -> Page {
    let number = Int(group) / Self.pageSize
    let page = pages[number]
    guard page.generation < generation else { return page }
    let copy = Page(page.sketches.map { $0 }, generation: generation)
    pages[number] = copy
    return copy
  }
}

/// An aggregate that keeps a sketch of each group: `approx_count_distinct`, `approx_percentile`,
/// `approx_top`. Its partial state is the sketch's bytes; a group without values has none.
final class SketchState<Value: Sketch>: AggregateState, @unchecked Sendable {
  private let spec: AggregateSpec
  private let cells: SketchCells<Value>

  init(_ spec: AggregateSpec) {
    self.spec = spec
    cells = SketchCells(spec)
  }

  private init(sharing other: SketchState) {
    spec = other.spec
    cells = other.cells.share()
  }

  var valueBytes: Int { cells.byteCount }

  func grow(to groups: Int) { cells.grow(to: groups) }

  func update(_ rows: GroupRows, _ input: AggregateInput) { Value.update(cells, rows, input) }

  func merge(_ rows: GroupRows, _ partials: [Column]) {
    for i in 0..<rows.count {
      let bytes = partials[0].text(Int(rows.rows[i]))
      if !bytes.isEmpty { cells.change(rows.groups[i]) { $0.merge(bytes) } }
    }
  }

  func clear(_ group: UInt32) { cells.clear(group) }

  func partials(_ groups: RowList) -> [Column] {
    let buffer = ByteBuffer()
    let builder = ColumnBuilder(.bytes, capacity: groups.count)
    for i in 0..<groups.count {
      buffer.removeAll()
      cells.sketch(groups.rows[i])?.write(to: buffer)
      builder.append(text: buffer.bytes)
    }
    return [builder.finish()]
  }

  func result(_ groups: RowList) -> AggregateResult { Value.result(cells, groups, spec) }

  func share() -> any AggregateState { SketchState(sharing: self) }
}

extension ByteBuffer {
  /// Appends a value's bytes as they lie in memory.
  func append<Number: BitwiseCopyable>(raw number: Number) {
    let size = MemoryLayout<Number>.size
    UnsafeMutableRawPointer(reserve(size)).storeBytes(of: number, as: Number.self)
    commit(size)
  }
}

/// Reads what `ByteBuffer.append(raw:)` wrote.
struct SketchReader {
  private let bytes: UnsafeBufferPointer<UInt8>
  private var at = 0

  init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

  /// Nil behind the last whole one.
  mutating func next<Number: BitwiseCopyable>(_ type: Number.Type) -> Number? {
    guard let base = bytes.baseAddress, at + MemoryLayout<Number>.size <= bytes.count else {
      return nil
    }
    defer { at += MemoryLayout<Number>.size }
    return UnsafeRawPointer(base).loadUnaligned(fromByteOffset: at, as: Number.self)
  }

  /// So many bytes; nil if there are fewer.
  mutating func next(count: Int) -> UnsafeBufferPointer<UInt8>? {
    guard count >= 0, count <= bytes.count - at else { return nil }
    defer { at += count }
    return UnsafeBufferPointer(rebasing: bytes[at..<at + count])
  }
}
