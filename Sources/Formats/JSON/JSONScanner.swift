import CPlatform
import Columns

/// Finds the wanted values of JSON records and checks all the rest of them.
///
/// A chunk of records is indexed first: the positions of its quotes, backslashes and control
/// characters, by vector instructions. Then each record is walked along the template
/// (`raudal_json_follow_rows`): while the bytes between two values are as expected, a text ends at
/// a position that the index gives without a search, and no step waits for the one before. At the
/// first difference the exact way (`JSONWalker`) takes one field, and the template is tried again
/// behind it. Both accept the same records: the template's patterns are text that the exact way has
/// accepted, and texts, numbers and words are checked the same.
final class JSONScanner {
  /// Bytes of a chunk at most, unless one record alone is longer; such a one is not indexed.
  static let chunkLimit = 1 << 15

  struct Fault {
    var row: Int
    var fault: JSONFault
  }

  let names: JSONNames
  let slots: CellSlots
  /// Records of the last chunk that are no JSON object, ascending; their slots are missing.
  private(set) var faults: [Fault] = []

  private let template = JSONTemplate()
  private let index: UnsafeMutablePointer<UInt32>
  private let indexMemory: Memory
  /// Records that left the template since it was learned, and how many make it learn again.
  private var strays = 0
  private var patience = 1

  init(names: JSONNames) {
    self.names = names
    slots = CellSlots(fieldCount: names.list.count)
    // Room for what the index may write too much, and for the sentinels behind it.
    let capacity = Self.chunkLimit + 16 + 2 * JSONTemplate.patternLimit
    indexMemory = .allocate(capacity * 4)
    index = indexMemory.base.bindMemory(to: UInt32.self, capacity: capacity)
  }

  deinit { indexMemory.free() }

  /// Records whose values lie one behind the other within `chunkLimit` bytes, or a longer one.
  struct Chunk {
    var rows = 0
    /// Where the values begin and end in the arena.
    var begin = -1
    var end = 0

    var isIndexed: Bool { end - begin <= JSONScanner.chunkLimit }
  }

  /// The records from `first` on that make the next chunk.
  func chunk(of records: RecordBatch, from first: Int) -> Chunk {
    let spans = UnsafePointer(records.values) + first
    let limit = min(records.count - first, CellSlots.rowLimit)
    var chunk = Chunk()
    while chunk.rows < limit {
      let span = spans[chunk.rows]
      if span.length >= 0 {
        let start = Int(span.start)
        let end = start &+ Int(span.length)
        if chunk.begin < 0 {
          chunk.begin = start
        } else if start < chunk.end || end &- chunk.begin > Self.chunkLimit {
          break
        }
        chunk.end = end
      }
      chunk.rows &+= 1
    }
    return chunk
  }

  /// Scans a chunk; its values are then in `slots`, row 0 being record `first`.
  func scan(_ records: RecordBatch, from first: Int, _ chunk: Chunk) {
    slots.clear()
    faults.removeAll(keepingCapacity: true)
    guard chunk.begin >= 0 else { return }
    let arena = UnsafePointer(records.arena)
    let spans = UnsafePointer(records.values) + first
    var nonASCII: Int32 = 1
    if chunk.isIndexed {
      let count = raudal_json_index(arena, chunk.begin, chunk.end, index, &nonASCII)
      (index + count).update(
        repeating: UInt32(truncatingIfNeeded: chunk.end), count: 2 * JSONTemplate.patternLimit)
    }
    walk(
      arena, spans, rows: chunk.rows, isIndexed: chunk.isIndexed, checksText: nonASCII != 0)
  }

  private func walk(
    _ arena: UnsafePointer<UInt8>, _ spans: UnsafePointer<RecordBatch.Span>, rows: Int,
    isIndexed: Bool, checksText: Bool
  ) {
    // A span is laid out as C has it.
    let flat = UnsafeRawPointer(spans).assumingMemoryBound(to: raudal_span.self)
    var place = raudal_json_place()
    while true {
      var trail = makeTrail(arena)
      if isIndexed {
        raudal_json_follow_rows(&trail, flat, rows, checksText ? 1 : 0, &place)
      } else {
        while place.row < rows, spans[place.row].isNull { place.row &+= 1 }
        if place.row < rows { (place.at, place.field) = (Int(spans[place.row].start), 0) }
      }
      guard place.row < rows else { return }
      scanExactly(
        &trail, spans[place.row], &place, isIndexed: isIndexed, checksText: checksText)
      place.row &+= 1
    }
  }

  /// With the template as it is now.
  private func makeTrail(_ arena: UnsafePointer<UInt8>) -> raudal_json_trail {
    raudal_json_trail(
      arena: arena, index: index, entries: template.entries, patterns: template.patterns,
      count: template.count, starts: slots.starts, sizes: slots.sizes)
  }

  private func refuse(_ row: Int, _ fault: JSONFault) {
    slots.clear(row: row)
    faults.append(Fault(row: row, fault: fault))
  }

  /// Takes the rest of a record that does not follow the template: a field the exact way, then
  /// along the template again.
  @inline(never)
  private func scanExactly(
    _ trail: inout raudal_json_trail, _ span: RecordBatch.Span,
    _ place: inout raudal_json_place, isIndexed: Bool, checksText: Bool
  ) {
    let start = Int(span.start)
    let end = start &+ Int(span.length)
    guard let base = trail.arena else { return }
    let row = place.row
    if checksText, raudal_valid_utf8(base + start, end &- start) == 0 {
      return refuse(row, JSONFault(kind: .utf8))
    }
    guard end &- start <= CellSlots.longest else { return refuse(row, JSONFault(kind: .tooLong)) }
    var walker = JSONWalker(base, start: start, end: end)
    while true {
      walker.at = place.at
      let next = takeField(&walker, row, isFirst: place.at == start, hint: place.field)
      if next == Self.refused { return refuse(row, walker.fault) }
      if next < 0 { break }
      place.field = next
      place.at = walker.at
      if isIndexed, raudal_json_follow(&trail, row, end, &place) != 0 { break }
    }
    noteStray(base, start, end, isIndexed: isIndexed)
  }

  static let finished = -1
  static let refused = -2

  /// Takes one field the exact way and returns the template's entry to expect next, or `finished`
  /// behind the record's end, or `refused` with the walker's fault.
  @inline(never)
  private func takeField(
    _ walker: inout JSONWalker, _ row: Int, isFirst: Bool, hint: Int
  ) -> Int {
    walker.skipSpace()
    if isFirst {
      guard walker.take(UInt8(ascii: "{")) else { return refuseNoObject(&walker) }
      walker.skipSpace()
      if walker.take(UInt8(ascii: "}")) { return finish(&walker) }
    } else {
      if walker.take(UInt8(ascii: "}")) { return finish(&walker) }
      guard walker.take(UInt8(ascii: ",")) else {
        walker.fail(.comma)
        return Self.refused
      }
      walker.skipSpace()
    }
    let name = walker.at + 1
    guard walker.take(UInt8(ascii: "\"")) else {
      walker.fail(.key)
      return Self.refused
    }
    guard let hasEscape = walker.skipText() else { return Self.refused }
    let bytes = UnsafeBufferPointer(
      start: walker.base + name, count: walker.at - 1 - name)
    guard walker.takeColon(), let value = walker.takeValue(depth: 1) else { return Self.refused }
    let field = hasEscape ? escapedField(bytes) : names.field(bytes)
    slots.starts[field * CellSlots.rowLimit + row] = value.start
    slots.sizes[field * CellSlots.rowLimit + row] = value.size
    let entry = hasEscape ? -1 : template.entry(named: bytes, hint: min(hint, template.count))
    // The first entry's pattern holds the record's opening brace: it is for the beginning alone.
    return entry < 0 ? min(max(hint, 1), template.count) : entry + 1
  }

  private func finish(_ walker: inout JSONWalker) -> Int {
    walker.skipSpace()
    guard walker.at == walker.end else {
      walker.fail(.trailing)
      return Self.refused
    }
    return Self.finished
  }

  /// The record is no object: another document, or none at all.
  private func refuseNoObject(_ walker: inout JSONWalker) -> Int {
    if walker.takeValue(depth: 0) != nil {
      walker.skipSpace()
      walker.fail(.trailing)
      if walker.at == walker.end { walker.fault = JSONFault(kind: .noObject) }
    }
    return Self.refused
  }

  private func escapedField(_ name: UnsafeBufferPointer<UInt8>) -> Int {
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: max(name.count, 1)) { plain in
      guard let target = plain.baseAddress else { return names.list.count }
      let length = JSONEscape.resolve(name, to: target)
      return names.field(UnsafeBufferPointer(start: target, count: length))
    }
  }

  /// Learns the shape of a record that did not follow the template, the first at once and then ever
  /// more seldom.
  private func noteStray(
    _ arena: UnsafePointer<UInt8>, _ start: Int, _ end: Int, isIndexed: Bool
  ) {
    strays += 1
    guard strays >= patience, isIndexed else { return }
    strays = 0
    patience = min(patience * 2, 1 << 20)
    template.learn(arena, start: start, end: end, names: names)
  }
}
