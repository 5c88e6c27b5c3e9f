package import Columns
package import Schemas

/// The touches of each key that a conversion may still look back to, the conversions that wait, and
/// the credit that these give.
///
/// Rows must come in the order of event time, with their order tags. A conversion waits until no
/// touch of its own time can come, then comes out with each touch that it credits, conversions one
/// after the other. A touch is kept until all look-backs that see it are behind the rows that come
/// and the conversions that wait. Not thread-safe; snapshots are immutable.
package final class AttributionStore {
  package static let touchesName = "touches"
  package static let waitingName = "waiting"

  let shape: AttributionShape
  let keys: KeptKeys
  var touches = RowShelf()
  var conversions = RowShelf()
  /// By key and look-back.
  private var lists: [TouchRows] = []
  /// Of each list whether it stands among the deadlines.
  private var isWatched: [Bool] = []
  /// Conversions as they came, so many of which are done with.
  private var queue: [WaitingConversion] = []
  private var head = 0
  /// Whether they may be out of order: those of several workers come together in a restore, and
  /// rows that one of these had not come to may be earlier.
  private var isMixed = false
  /// What the first of them gives, once it was looked at.
  private var current = ConversionCredits()
  private var credits = CreditedRows()
  /// The number of the next conversion that comes.
  var serial: Int64 = 0
  /// The event time of the last row.
  private var time = Int64.min
  private var watermark = Timestamp.beginning
  /// When the first touches of lists get too old: each look-back has its own end.
  private var deadlines = Heap<KeptDeadline>()
  /// Bytes of the largest row's texts.
  private var widestTouch = 0
  private var widestConversion = 0
  /// Touches that are looked at, or let go, in one piece of work.
  private static let pieceTouches = 1 << 16

  package init(_ shape: AttributionShape) {
    self.shape = shape
    keys = KeptKeys(shape.keys)
  }

  /// Touches that are kept.
  package var touchCount: Int { touches.keptCount }

  /// Conversions that are not all out.
  package var waitingCount: Int { queue.count - head }

  /// Keys of which touches are kept.
  package var keyCount: Int { keys.keptCount }

  /// Takes rows without selection. O(rows).
  package func add(_ rows: Batch) {
    guard let times = rows.hidden.eventTimes?.ints, rows.rowCount > 0 else { return }
    let masks = rows.columns[shape.mask].withFixedValues()
    var (touched, converted): ([UInt32], [UInt32]) = ([], [])
    for row in 0..<rows.rowCount {
      let isTouch = masks.isValid(row) && masks.ints[row] != 0
      if isTouch {
        touched.append(UInt32(truncatingIfNeeded: row))
      } else {
        converted.append(UInt32(truncatingIfNeeded: row))
      }
    }
    time = max(time, times[rows.rowCount - 1])
    if !touched.isEmpty {
      add(touches: part(rows, shape.touchColumns, shape.touches, touched))
    }
    if !converted.isEmpty { add(conversions: numbered(rows, converted)) }
    withExtendedLifetime(masks) {}
  }

  /// Some columns of some rows, all of them where that is all.
  private func part(
    _ rows: Batch, _ columns: [Int], _ schema: Schema, _ numbers: [UInt32]
  ) -> Batch {
    let part = Batch(
      schema: schema, columns: columns.map { rows.columns[$0] }, rowCount: rows.rowCount)
    part.hidden.eventTimes = rows.hidden.eventTimes
    part.hidden.lanes = rows.hidden.lanes
    part.hidden.places = rows.hidden.places
    return numbers.count == rows.rowCount ? part : part.gathered(rows: numbers)
  }

  private func numbered(_ rows: Batch, _ numbers: [UInt32]) -> Batch {
    let plain = shape.conversions.fields.dropLast()
    let part = part(rows, shape.conversionColumns, Schema(Array(plain)), numbers)
    let serials = Column.counting(from: serial, rowCount: part.rowCount)
    serial += Int64(part.rowCount)
    return Batch(
      schema: shape.conversions, columns: part.columns + [serials], rowCount: part.rowCount,
      hidden: part.hidden)
  }

  /// Takes touches of `shape.touches`.
  func add(touches rows: Batch) {
    guard let times = rows.hidden.eventTimes?.ints else { return }
    let masks = rows.columns[shape.keyCount].withFixedValues()
    let numbers = keys.find(Array(rows.columns.prefix(shape.keyCount)), rowCount: rows.rowCount)
    let count = shape.lookBacks.count
    growLists()
    let first = UInt32(truncatingIfNeeded: touches.add(rows))
    widestTouch = max(widestTouch, rows.widestText)
    for row in 0..<rows.rowCount {
      let key = numbers[row]
      let owner = owner(masks.ints[row])
      for place in 0..<count where masks.ints[row] >> Int64(place) & 1 == 1 {
        lists[Int(key) * count + place].append(
          TouchRows.Touch(
            time: times[row], number: first + UInt32(truncatingIfNeeded: row),
            owns: place == owner))
        watch(Int(key) * count + place)
      }
      if owner == nil { touches.letGo(first + UInt32(truncatingIfNeeded: row)) }
      if !keys.isKept(key) { keys.keep(key) }
    }
    withExtendedLifetime(masks) {}
  }

  private func growLists() {
    let missing = max(0, keys.count * shape.lookBacks.count - lists.count)
    lists += repeatElement(TouchRows(), count: missing)
    isWatched += repeatElement(false, count: missing)
  }

  /// Of the look-backs of a touch the longest.
  private func owner(_ mask: Int64) -> Int? {
    if shape.lookBacks.count == 1 { return mask & 1 == 1 ? 0 : nil }
    return shape.lookBacks.indices.filter { mask >> Int64($0) & 1 == 1 }
      .max { shape.lookBacks[$0] < shape.lookBacks[$1] }
  }

  /// Takes conversions of `shape.conversions`; `begun`: what is known of those that are partly out,
  /// by their numbers.
  func add(conversions rows: Batch, begun: [Int64: BegunConversion] = [:]) {
    guard let times = rows.hidden.eventTimes?.ints else { return }
    let numbers = keys.find(Array(rows.columns.prefix(shape.keyCount)), rowCount: rows.rowCount)
    growLists()
    let first = UInt32(truncatingIfNeeded: conversions.add(rows))
    widestConversion = max(widestConversion, rows.widestText)
    let serials = rows.columns[rows.columns.count - 1].withFixedValues()
    isMixed = isMixed || !begun.isEmpty || queue.last.map { $0.time > times[0] } ?? false
    for row in 0..<rows.rowCount {
      let known = begun[serials.ints[row]]
      queue.append(
        WaitingConversion(
          time: times[row], number: first + UInt32(truncatingIfNeeded: row), key: numbers[row],
          serial: serials.ints[row], out: known?.out ?? 0, model: known?.model ?? shape.model))
    }
    withExtendedLifetime(serials) {}
  }

  /// No row with a smaller event time comes any more.
  package func advance(to time: Timestamp) { watermark = max(watermark, time) }

  /// Whether `next` has something to do.
  package var hasWork: Bool {
    isReady || deadlines.first.map { $0.time < horizon } ?? false
  }

  /// Whether all touches of the first conversion's time have come.
  private var isReady: Bool {
    guard head < queue.count else { return false }
    return watermark == .endOfTime || queue[head].time < max(time, watermark.microseconds)
  }

  /// The least event time of conversions that wait.
  package var heldTime: Timestamp? { least.map { Timestamp(microseconds: $0) } }

  private var least: Int64? {
    guard head < queue.count else { return nil }
    return isMixed ? queue[head...].map(\.time).min() : queue[head].time
  }

  /// No conversion that waits or comes has a smaller event time.
  private var horizon: Int64 {
    let next = watermark == .endOfTime ? .max : max(time, watermark.microseconds)
    return least.map { min($0, next) } ?? next
  }

  /// How far the conversions are out: the first that is not, and those behind it that are partly
  /// out.
  var progress: [BegunConversion] {
    guard head < queue.count else {
      return [BegunConversion(serial: serial, out: 0, model: shape.model)]
    }
    // One of each worker at the last restore.
    let others = isMixed ? queue[(head + 1)...].filter { $0.out > 0 } : []
    return ([queue[head]] + others).map {
      BegunConversion(serial: $0.serial, out: $0.out, model: $0.model)
    }
  }

  /// The next results, at most `limit`; nil where a stretch of work made none. O(results + touches
  /// of the conversions that are begun).
  package func next(limit: Int) -> Batch? {
    var budget = Self.pieceTouches
    let room = bounded(limit)
    while budget > 0, credits.count < room {
      guard isReady else {
        guard letGo(&budget) else { break }
        continue
      }
      if !current.isBegun {
        begin(queue[head])
        budget -= current.count
      }
      guard put(room) else { break }
      conversions.letGo(queue[head].number)
      current.end()
      head += 1
    }
    let result = credits.take(shape, touches, conversions)
    tidy()
    return result
  }

  /// Fewer where rows are large.
  private func bounded(_ limit: Int) -> Int {
    max(1, min(limit, TextLimit.batchBytes / max(1, widestTouch + widestConversion)))
  }

  /// Puts out results of the first conversion; false if some are left.
  private func put(_ room: Int) -> Bool {
    let number = queue[head].number
    while queue[head].out < current.count {
      guard credits.count < room else { return false }
      let out = queue[head].out
      credits.add(number, current.touch(out), place: out, current.credit(out))
      queue[head].out += 1
    }
    return true
  }

  /// Lets touches go that are too old for all that comes; false: there are none.
  private func letGo(_ budget: inout Int) -> Bool {
    guard let due = deadlines.first, due.time < horizon else { return false }
    deadlines.removeFirst()
    let (list, count) = (Int(due.key), shape.lookBacks.count)
    isWatched[list] = false
    while let touch = lists[list].first,
      KeptDeadline.time(touch.time, shape.lookBacks[list % count]) < horizon
    {
      if lists[list].removeFirst().owns { touches.letGo(touch.number) }
      budget -= 1
    }
    budget -= 1
    watch(list)
    let first = list - list % count
    if lists[first..<first + count].allSatisfy(\.isEmpty) {
      keys.release(UInt32(truncatingIfNeeded: list / count))
    }
    return true
  }

  /// A list's first touch is the first to be too old.
  private func watch(_ list: Int) {
    guard !isWatched[list], let touch = lists[list].first else { return }
    isWatched[list] = true
    let end = KeptDeadline.time(touch.time, shape.lookBacks[list % shape.lookBacks.count])
    deadlines.add(KeptDeadline(time: end, key: UInt32(truncatingIfNeeded: list)))
  }
}

extension AttributionStore {
  /// Finds out what a conversion gives to whom. O(log touches), and O(touches that get something).
  private func begin(_ conversion: WaitingConversion) {
    let value = CreditedValue(conversion.number, conversions, shape)
    let first = Int(conversion.key) * shape.lookBacks.count
    for (place, span) in shape.lookBacks.enumerated() {
      let start = conversion.time.minus(span)
      let seen = lists[first + place].places(from: start, through: conversion.time)
      guard !seen.isEmpty else { continue }
      return current.begin(value, among: lists[first + place], seen, conversion.model)
    }
    current.begin(value)
  }

  /// Moves rows and keys that count to others where they are few.
  private func tidy() {
    if head == queue.count {
      queue.removeAll(keepingCapacity: true)
      head = 0
      isMixed = false
    } else if head > queue.count / 2 {
      queue.removeFirst(head)
      head = 0
    }
    if head == queue.count, keys.isSparse { renumber() }
    if let move = conversions.tidy() {
      for place in head..<queue.count {
        queue[place].number = move.numbers[Int(queue[place].number)]
      }
    }
    guard let move = touches.tidy() else { return }
    for place in lists.indices { lists[place].renumber { move.numbers[Int($0)] } }
    current.renumber { move.numbers[Int($0)] }
  }

  /// Moves the keys that have touches to new numbers. O(those).
  private func renumber() {
    let count = shape.lookBacks.count
    let kept = keys.renumber()
    lists = kept.flatMap { lists[Int($0) * count..<(Int($0) + 1) * count] }
    isWatched = Array(repeating: false, count: lists.count)
    deadlines = Heap()
    for list in lists.indices { watch(list) }
  }
}
