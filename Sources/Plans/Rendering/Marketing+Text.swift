import Schemas

extension AttributionModel: CustomStringConvertible {
  /// As the language writes it.
  public var description: String {
    switch self {
    case .first: "first"
    case .last: "last"
    case .linear: "linear"
    case .decay(let halfLife): "decay(half_life: \(TimeRendering.duration(halfLife)))"
    case .position(let first, let last):
      "position(first: \(Self.percentage(first)), last: \(Self.percentage(last)))"
    }
  }

  /// Of millionths, which are ten-thousandths of a percent.
  private static func percentage(_ share: Int64) -> String {
    let (whole, rest) = share.quotientAndRemainder(dividingBy: whole / 100)
    if rest == 0 { return "\(whole)%" }
    var digits = String(String(10_000 + rest).dropFirst())
    while digits.hasSuffix("0") { digits.removeLast() }
    return "\(whole).\(digits)%"
  }
}

extension AttributeSpec {
  var text: String {
    let keys = zip(leftKeys, rightKeys).map { "\($0) == \($1)" }.joined(separator: " and ")
    return "attribute on \(keys) \(windows) by \(model)"
  }

  var lines: [String] {
    [text, "\(credit): \(creditField.fieldType) of \(value)"]
      + (columns.isEmpty ? [] : ["columns \(columns.map(\.text).joined(separator: ", "))"])
  }
}

extension PhysicalAttribution {
  var lines: [String] {
    let touch = columns.filter(\.isOfTouch).map(\.name)
    return ["attribute \(windows) by \(model)"]
      + (touch.isEmpty ? [] : ["of the touch \(touch.joined(separator: ", "))"])
  }
}

extension FrequencyCap: CustomStringConvertible {
  /// As the language writes it.
  public var description: String { "\(count) per \(TimeRendering.duration(span))" }
}

extension FrequencyCapSpec {
  var text: String {
    let keys = keys.map(\.description).joined(separator: ", ")
    return "frequency_cap \(caps.map(\.description).joined(separator: ", ")) by \(keys)"
  }
}
