import Columns
import Platform

/// Which files of a followed glob were read to their end, by the hashes of their names: names may
/// come in any order. A file that is gone is forgotten, so there are never more entries than files.
struct FileLedger: Hashable, Sendable {
  /// A file that waits while ones are read whose names come before its own.
  struct Left: Hashable, Sendable {
    var file: String
    var byte: Int64
  }

  /// What its text begins with.
  static let mark: Character = ";"

  var left: Left? { didSet { text = written } }
  private var finished: Set<UInt64> = []
  /// Without a space; made when it changes, for it is part of every position.
  private(set) var text = String(FileLedger.mark)

  init() {}

  /// That these files were read.
  init(finished files: [String]) { keep(files, adding: nil, all: true) }

  func holds(_ file: String) -> Bool { finished.contains(Self.hash(file)) }

  /// Forgets all that are not among `files`, and adds one.
  mutating func keep(_ files: [String], adding file: String?) {
    keep(files, adding: file, all: false)
  }

  private mutating func keep(_ files: [String], adding file: String?, all: Bool) {
    var kept = Set(files.map(Self.hash))
    if !all { kept.formIntersection(finished) }
    if let file { kept.insert(Self.hash(file)) }
    finished = kept
    text = written
  }

  private static func hash(_ name: String) -> UInt64 {
    var name = name
    return name.withUTF8 { bytes in
      guard let base = bytes.baseAddress else { return 0 }
      return XXH3.hash(base, count: bytes.count)
    }
  }
}

/// `;` and sixteen digits for each file, then `@BYTE:FILE` of one that was left.
extension FileLedger {
  private var written: String {
    var text = String(Self.mark)
    for hash in finished.sorted() {
      let digits = String(hash, radix: 16)
      text += String(repeating: "0", count: 16 - digits.count) + digits
    }
    if let left { text += "@\(left.byte):\(PathName.encoded(left.file))" }
    return text
  }

  /// nil where it is no ledger.
  init?(_ text: String) {
    let parts = text.dropFirst().split(
      separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
    let digits = Array(parts[0].utf8)
    guard text.first == Self.mark, digits.count.isMultiple(of: 16) else { return nil }
    for start in stride(from: 0, to: digits.count, by: 16) {
      let word = String(decoding: digits[start..<start + 16], as: UTF8.self)
      guard let hash = UInt64(word, radix: 16) else { return nil }
      finished.insert(hash)
    }
    if parts.count == 2 {
      let words = parts[1].split(separator: ":", maxSplits: 1)
      guard words.count == 2, let byte = Int64(words[0]), byte >= 0,
        let file = PathName.decoded(String(words[1]))
      else { return nil }
      left = Left(file: file, byte: byte)
    }
    self.text = written
  }
}
