/// The ids of tasks: `JOB/KEY`, with `#2` behind it of one that is redriven, `#3` of that again.
package enum TaskID {
  static func make(job: String, key: String) -> String { "\(job)/\(key)" }

  /// An id without the number of its round, and that number: 1 of a task that is there for the
  /// first time.
  static func parts(_ id: String) -> (base: Substring, round: Int) {
    guard let mark = id.lastIndex(of: "#") else { return (id[...], 1) }
    let digits = id[id.index(after: mark)...]
    guard isNumber(digits), digits.count < 10, let round = Int(digits), round >= 2 else {
      return (id[...], 1)
    }
    return (id[..<mark], round)
  }

  /// The id of a task that is made again; each has one.
  package static func next(_ id: String) -> String {
    let (base, round) = parts(id)
    return "\(base)#\(round + 1)"
  }

  /// Whether it is the id of a task that is made again.
  static func isRedriven(_ id: String) -> Bool { parts(id).round > 1 }

  /// Whether a key would make an id that looks as if it were redriven: to us, or to a pipeline that
  /// counts by the mark and its digits.
  static func isTaken(_ key: String) -> Bool {
    guard let mark = key.lastIndex(of: "#") else { return false }
    let digits = key[key.index(after: mark)...].utf8
    return !digits.isEmpty && digits.allSatisfy { (0x30...0x39).contains($0) }
  }

  private static func isNumber(_ digits: Substring) -> Bool {
    !digits.isEmpty && digits.first != "0" && digits.utf8.allSatisfy { (0x30...0x39).contains($0) }
  }
}
