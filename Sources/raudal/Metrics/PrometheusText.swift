/// Builds a page of the Prometheus text exposition format, version 0.0.4.
///
/// Samples of one metric must be added together, as the format asks.
struct PrometheusText {
  enum Kind: String { case counter, gauge, histogram }

  private(set) var page = ""

  /// Begins a metric; its samples follow.
  mutating func metric(_ name: String, _ kind: Kind, _ help: String) {
    page += "# HELP \(name) \(help)\n# TYPE \(name) \(kind.rawValue)\n"
  }

  mutating func sample(_ name: String, _ labels: [(String, String)] = [], _ value: Double) {
    page += name
    if !labels.isEmpty {
      let inside = labels.map { "\($0)=\"\(Self.escaped($1))\"" }.joined(separator: ",")
      page += "{\(inside)}"
    }
    page += " \(Self.number(value))\n"
  }

  /// `counts`: of each class how many, the last one's beyond all `bounds`.
  mutating func histogram(
    _ name: String, _ labels: [(String, String)], bounds: [Double], counts: [Int64], sum: Double
  ) {
    var total: Int64 = 0
    for (bound, count) in zip(bounds + [.infinity], counts) {
      total += count
      sample("\(name)_bucket", labels + [("le", Self.number(bound))], Double(total))
    }
    sample("\(name)_sum", labels, sum)
    sample("\(name)_count", labels, Double(total))
  }

  /// By scalars: a mark that combines with a quote makes both one character.
  private static func escaped(_ text: String) -> String {
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\\": result.append(contentsOf: "\\\\".unicodeScalars)
      case "\"": result.append(contentsOf: "\\\"".unicodeScalars)
      case "\n": result.append(contentsOf: "\\n".unicodeScalars)
      default: result.append(scalar)
      }
    }
    return String(result)
  }

  private static func number(_ value: Double) -> String {
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
    if value == value.rounded(), abs(value) < 1e15 { return String(Int64(value)) }
    return String(value)
  }
}
