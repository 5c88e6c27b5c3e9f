/// A state's parameters as a person writes them: `tumbling 3600000000 offset 0: count` is
/// `tumbling 1h: count`.
enum ParameterText {
  /// What stands in front of spans; other numbers are counts, or stand in conditions.
  private static let kinds = [
    "tumbling", "hopping", "cumulative", "gap", "within", "per", "expires",
  ]

  /// In front of a colon, spans are in microseconds; other text stays as it is.
  static func shown(_ parameters: String) -> String {
    let end = parameters.firstIndex(of: ":") ?? parameters.endIndex
    if let frame = frame(parameters) { return frame }
    var words = parameters[..<end].split(separator: " ").map(String.init)
    let isJoin = words.count == 5 && words[2] == "before," && words[4] == "after"
    guard isJoin || words.first.map(kinds.contains) ?? false else { return parameters }
    if let offset = words.firstIndex(of: "offset"), words[(offset + 1)...].first == "0" {
      words.removeSubrange(offset...(offset + 1))
    }
    if ["hopping", "cumulative"].contains(words.first), words.count > 2 {
      words.insert("every", at: 2)
    }
    return words.map(word).joined(separator: " ") + parameters[end...]
  }

  /// `rows(5)` and `time(600000000)`, the frames of `over`.
  private static func frame(_ parameters: String) -> String? {
    let parts = parameters.split(separator: "(")
    guard parts.count == 2, parts[1].last == ")", let number = Int64(parts[1].dropLast()) else {
      return nil
    }
    switch parts[0] {
    case "rows": return "rows \(number) preceding"
    case "time": return "\(duration(number)) preceding"
    default: return nil
    }
  }

  /// A span as a duration, with the comma behind it.
  private static func word(_ word: String) -> String {
    let hasComma = word.last == ","
    guard let span = Int64(hasComma ? word.dropLast() : word[...]) else { return word }
    return duration(span) + (hasComma ? "," : "")
  }

  /// `1h30m`, `250ms`.
  private static func duration(_ microseconds: Int64) -> String {
    if microseconds == 0 { return "0s" }
    let units: [(name: String, size: UInt64)] = [
      ("d", 86_400_000_000), ("h", 3_600_000_000), ("m", 60_000_000), ("s", 1_000_000),
      ("ms", 1_000), ("us", 1),
    ]
    var rest = microseconds.magnitude
    var text = microseconds < 0 ? "-" : ""
    for unit in units where rest >= unit.size {
      text += "\(rest / unit.size)\(unit.name)"
      rest %= unit.size
    }
    return text
  }
}
