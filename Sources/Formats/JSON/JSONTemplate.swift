import CPlatform
import Columns

/// The order of fields and the bytes between their values as records seen so far had them: what the
/// scan expects of the next record, and gives up at the first byte that differs.
///
/// For each field: the bytes from the end of the value before it (or the record's beginning) to the
/// beginning of its own value, `,"ad_id":` say, space included.
final class JSONTemplate {
  struct Entry {
    /// Bytes of the pattern.
    var length: Int32
    /// Vector blocks to compare.
    var blocks: Int32
    /// Bytes of the pattern that the index lists: quotes, and newlines of indented records.
    var specials: Int32
    /// Where the field's slots are; the dummy for a field that nobody wants.
    var slotColumn: Int32
    /// Where the name lies in the pattern.
    var nameStart: Int32
    var nameLength: Int32
  }

  static let fieldLimit = 256
  /// So that a comparison reads no further than the slack behind an arena.
  static let patternLimit = 64
  static let stride = 2 * patternLimit

  /// How many entries there are and how long the tail is: in raw memory, since a scan reads them
  /// for every record.
  struct Shape {
    var count = 0
    var tailLength = 0
  }

  let shape: UnsafeMutablePointer<Shape>
  let entries: UnsafeMutablePointer<Entry>
  /// Pattern and mask of each entry, `stride` bytes.
  let patterns: UnsafeMutablePointer<UInt8>
  /// The bytes behind the last value.
  let tail: UnsafeMutablePointer<UInt8>
  private let memory: [Memory]

  init() {
    let entrySize = MemoryLayout<Entry>.stride
    memory = [
      .allocate(Self.fieldLimit * entrySize), .allocate(Self.fieldLimit * Self.stride),
      .allocate(Self.patternLimit), .allocate(MemoryLayout<Shape>.stride),
    ]
    entries = memory[0].base.bindMemory(to: Entry.self, capacity: Self.fieldLimit)
    patterns = memory[1].base.bindMemory(
      to: UInt8.self, capacity: Self.fieldLimit * Self.stride)
    tail = memory[2].base.bindMemory(to: UInt8.self, capacity: Self.patternLimit)
    shape = memory[3].base.bindMemory(to: Shape.self, capacity: 1)
    shape.initialize(to: Shape())
  }

  var count: Int { shape.pointee.count }

  deinit { for part in memory { part.free() } }

  /// Takes the shape of a record that the exact way has accepted. What can't be expected (long
  /// names, escapes in names, too many fields) leaves the template empty.
  func learn(
    _ base: UnsafePointer<UInt8>, start: Int, end: Int, names: JSONNames
  ) {
    shape.pointee = Shape()
    var walker = JSONWalker(base, start: start, end: end)
    var from = start
    walker.skipSpace()
    guard walker.take(UInt8(ascii: "{")) else { return }
    walker.skipSpace()
    if walker.take(UInt8(ascii: "}")) { return }
    var learned = 0
    while true {
      let name = walker.at + 1
      guard walker.take(UInt8(ascii: "\"")), walker.skipText() == false else { return }
      let nameLength = walker.at - 1 - name
      guard walker.takeColon(), learned < Self.fieldLimit,
        walker.at - from <= Self.patternLimit
      else { return }
      let bytes = UnsafeBufferPointer(start: base + name, count: nameLength)
      set(
        learned, UnsafeBufferPointer(start: base + from, count: walker.at - from),
        name: name - from, nameLength: nameLength, slotColumn: names.field(bytes))
      learned += 1
      guard walker.takeValue(depth: 1) != nil else { return }
      from = walker.at
      walker.skipSpace()
      if walker.take(UInt8(ascii: ",")) {
        walker.skipSpace()
      } else {
        break
      }
    }
    guard end - from <= Self.patternLimit else { return }
    tail.update(from: base + from, count: end - from)
    shape.pointee = Shape(count: learned, tailLength: end - from)
  }

  private func set(
    _ index: Int, _ pattern: UnsafeBufferPointer<UInt8>, name: Int, nameLength: Int,
    slotColumn: Int
  ) {
    let bytes = patterns + index * Self.stride
    let mask = bytes + Self.patternLimit
    bytes.update(repeating: 0, count: Self.stride)
    var specials = 0
    for (i, byte) in pattern.enumerated() {
      bytes[i] = byte
      mask[i] = 0xFF
      if byte < 0x20 || byte == UInt8(ascii: "\"") { specials += 1 }
    }
    entries[index] = Entry(
      length: Int32(pattern.count), blocks: Int32((pattern.count + 15) / 16),
      specials: Int32(specials), slotColumn: Int32(slotColumn), nameStart: Int32(name),
      nameLength: Int32(nameLength))
  }

  /// The entry of that name, -1 for none. Looks at `hint` and what follows it first.
  func entry(named name: UnsafeBufferPointer<UInt8>, hint: Int) -> Int {
    for step in 0..<count {
      let index = hint + step < count ? hint + step : hint + step - count
      let entry = entries[index]
      guard Int(entry.nameLength) == name.count else { continue }
      let known = patterns + (index * Self.stride + Int(entry.nameStart))
      if JSONNames.equal(known, name) { return index }
    }
    return -1
  }
}

/// The names of the fields that are wanted, each once.
final class JSONNames {
  let list: [String]
  private let bytes: [[UInt8]]

  init(_ list: [String]) {
    self.list = list
    bytes = list.map { Array($0.utf8) }
  }

  /// The slot column of a name; the dummy (`list.count`) for a name that nobody wants.
  func field(_ name: UnsafeBufferPointer<UInt8>) -> Int {
    for (index, known) in bytes.enumerated() where known.count == name.count {
      if known.withUnsafeBufferPointer({ Self.equal($0.baseAddress, name) }) { return index }
    }
    return bytes.count
  }

  static func equal(_ a: UnsafePointer<UInt8>?, _ b: UnsafeBufferPointer<UInt8>) -> Bool {
    guard let a, let base = b.baseAddress else { return b.count == 0 }
    for i in 0..<b.count where a[i] != base[i] { return false }
    return true
  }
}
