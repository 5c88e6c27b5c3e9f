/// A state's parameters as a person writes them: `tumbling 3600000000 offset 0: count` is
/// `tumbling 1h: count`.
enum ParameterText {
  /// In front of the colon numbers are microseconds; other text stays as it is.
  static func shown(_ parameters: String) -> String {
    guard let colon = parameters.firstIndex(of: ":") else { return parameters }
    var words = parameters[..<colon].split(separator: " ").map(String.init)
    if let offset = words.firstIndex(of: "offset"), words[(offset + 1)...].first == "0" {
      words.removeSubrange(offset...(offset + 1))
    }
    if words.first == "hopping", words.count > 2 { words.insert("every", at: 2) }
    let shown = words.map { Int64($0).map(duration) ?? $0 }
    return shown.joined(separator: " ") + parameters[colon...]
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
