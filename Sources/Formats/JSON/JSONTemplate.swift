import CPlatform
import Columns

/// The order of fields and the bytes between their values as records seen so far had them: what the
/// scan expects of the next record, and gives up at the first byte that differs.
///
/// For each field: the bytes from the end of the value before it (or the record's beginning) to the
/// beginning of its own value, `,"ad_id":` say, space included.
final class JSONTemplate {
  static let fieldLimit = 256
  /// So that a comparison reads no further than the slack behind an arena.
  static let patternLimit = 64
  static let stride = Int(RAUDAL_PATTERN_STRIDE)

  /// The fields' entries, and behind the last one what follows the last value (`}`): an entry
  /// without a value.
  let entries: UnsafeMutablePointer<raudal_json_entry>
  /// Pattern and mask of each entry, `stride` bytes.
  let patterns: UnsafeMutablePointer<UInt8>
  /// Of fields; 0 while there is no template.
  private(set) var count = 0
  private let memory: [Memory]

  init() {
    let entrySize = MemoryLayout<raudal_json_entry>.stride
    let capacity = Self.fieldLimit + 1
    memory = [.allocate(capacity * entrySize), .allocate(capacity * Self.stride)]
    entries = memory[0].base.bindMemory(to: raudal_json_entry.self, capacity: capacity)
    patterns = memory[1].base.bindMemory(to: UInt8.self, capacity: capacity * Self.stride)
  }

  deinit { for part in memory { part.free() } }

  /// Takes the shape of a record that the exact way has accepted. What can't be expected (long
  /// names, escapes in names, too many fields) leaves the template empty.
  func learn(
    _ base: UnsafePointer<UInt8>, start: Int, end: Int, names: JSONNames
  ) {
    count = 0
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
    set(
      learned, UnsafeBufferPointer(start: base + from, count: end - from), name: 0,
      nameLength: 0, slotColumn: names.list.count)
    count = learned
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
    entries[index] = raudal_json_entry(
      length: Int32(pattern.count), specials: Int32(specials),
      slots: Int32(slotColumn * CellSlots.rowLimit), name_start: Int32(name),
      name_length: Int32(nameLength))
  }

  /// The entry of that name, -1 for none. Looks at `hint` and what follows it first.
  func entry(named name: UnsafeBufferPointer<UInt8>, hint: Int) -> Int {
    for step in 0..<count {
      let index = hint + step < count ? hint + step : hint + step - count
      let entry = entries[index]
      guard Int(entry.name_length) == name.count else { continue }
      let known = patterns + (index * Self.stride + Int(entry.name_start))
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
