import Columns
import Platform

/// Which files of a followed glob were read to their end, by the hashes of their names: names may
/// come in any order. A file that is gone is forgotten, so there are never more entries than files.
struct FileLedger: Hashable, Sendable {
  /// A file that waits while ones are read whose names come before its own.
  struct Left: Hashable, Sendable {
    var file: String
    var byte: Int64
    var mark: FileMark?
  }

  /// How far a file was read that may still grow.
  struct Reading: Hashable, Sendable {
    /// Where the next record begins.
    var byte: Int64
    /// How much of it was seen: more than `byte` where a line has no end yet.
    var seen: Int64
    /// nil of an empty one.
    var mark: FileMark?
  }

  /// What its text begins with.
  static let mark: Character = ";"

  var left: Left?
  /// nil of files that don't grow: packed ones, and those of earlier versions.
  private var finished: [UInt64: Reading?] = [:]
  /// The entries' text. An entry that changes is put behind the old one, for it is part of every
  /// position: only what is new is written.
  private var entries = ""
  /// Entries in the text that later ones replace.
  private var stale = 0

  init() {}

  /// That these files were read.
  init(finished files: [String]) {
    for file in files { add(file, nil) }
  }

  func holds(_ file: String) -> Bool { finished[Self.hash(file)] != nil }

  func reading(_ file: String) -> Reading? { finished[Self.hash(file)] ?? nil }

  mutating func add(_ file: String, _ reading: Reading?) {
    let hash = Self.hash(file)
    if finished.updateValue(reading, forKey: hash) != nil { stale += 1 }
    entries += Self.text(hash, reading)
    if stale > finished.count { rewrite() }
  }

  /// Forgets all that are not among `files`.
  mutating func forget(except files: [String]) {
    let present = Set(files.map(Self.hash))
    guard finished.keys.contains(where: { !present.contains($0) }) else { return }
    finished = finished.filter { present.contains($0.key) }
    rewrite()
  }

  private mutating func rewrite() {
    entries = ""
    stale = 0
    for (hash, reading) in finished.sorted(by: { $0.key < $1.key }) {
      entries += Self.text(hash, reading)
    }
  }

  private static func hash(_ name: String) -> UInt64 {
    var name = name
    return name.withUTF8 { bytes in
      guard let base = bytes.baseAddress else { return 0 }
      return XXH3.hash(base, count: bytes.count)
    }
  }
}

/// `;` and an entry for each file, then `@BYTE:FILE` or `@BYTE~MARK:FILE` of one that was left. An
/// entry is sixteen digits, and of a file that may grow `+BYTE+SEEN+MARK,`.
extension FileLedger {
  /// Without a space.
  var text: String {
    guard let left else { return "\(Self.mark)\(entries)" }
    let mark = left.mark.map { "~\($0.text)" } ?? ""
    return "\(Self.mark)\(entries)@\(left.byte)\(mark):\(PathName.encoded(left.file))"
  }

  private static func text(_ hash: UInt64, _ reading: Reading?) -> String {
    guard let reading else { return HexWord.text(hash) }
    let mark = reading.mark?.text ?? ""
    return "\(HexWord.text(hash))+\(reading.byte)+\(reading.seen)+\(mark),"
  }

  /// nil where it is no ledger.
  init?(_ text: String) {
    let parts = text.dropFirst().split(
      separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
    guard text.first == Self.mark, readEntries(parts[0]) else { return nil }
    if parts.count == 2 {
      guard let left = Self.left(parts[1]) else { return nil }
      self.left = left
    }
    rewrite()
  }

  private mutating func readEntries(_ text: Substring) -> Bool {
    var rest = text.utf8[...]
    while !rest.isEmpty {
      guard rest.count >= 16, let hash = HexWord.value(String(Substring(rest.prefix(16)))) else {
        return false
      }
      rest = rest.dropFirst(16)
      var reading: Reading?
      if rest.first == UInt8(ascii: "+") {
        guard let end = rest.firstIndex(of: UInt8(ascii: ",")) else { return false }
        reading = Self.reading(Substring(rest[..<end]))
        guard reading != nil else { return false }
        rest = rest[rest.index(after: end)...]
      }
      finished.updateValue(reading, forKey: hash)
    }
    return true
  }

  private static func reading(_ text: Substring) -> Reading? {
    let words = text.dropFirst().split(separator: "+", omittingEmptySubsequences: false)
    guard words.count == 3, let byte = Int64(words[0]), byte >= 0, let seen = Int64(words[1]),
      seen >= byte
    else { return nil }
    let mark = FileMark(words[2])
    return mark == nil && !words[2].isEmpty ? nil : Reading(byte: byte, seen: seen, mark: mark)
  }

  private static func left(_ text: Substring) -> Left? {
    let words = text.split(separator: ":", maxSplits: 1)
    guard words.count == 2, let file = PathName.decoded(String(words[1])) else { return nil }
    let numbers = words[0].split(separator: "~", maxSplits: 1)
    guard let first = numbers.first, let byte = Int64(first), byte >= 0 else { return nil }
    guard numbers.count == 2 else { return Left(file: file, byte: byte) }
    guard let mark = FileMark(numbers[1]) else { return nil }
    return Left(file: file, byte: byte, mark: mark)
  }
}
