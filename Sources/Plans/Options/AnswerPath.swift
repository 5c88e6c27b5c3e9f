/// Where in a JSON answer something stands: `data.items`, `items[0].price`.
public struct AnswerPath: Hashable, Sendable {
  public enum Step: Hashable, Sendable {
    case member(String)
    case element(Int)
  }

  public var steps: [Step]

  public init(_ steps: [Step]) { self.steps = steps }

  /// nil where the text is none. A name is anything without dots and brackets.
  public init?(_ text: String) {
    steps = []
    var rest = Substring(text)
    while !rest.isEmpty {
      if rest.first == "[" {
        let digits = rest.dropFirst().prefix { $0.isASCII && $0.isNumber }
        guard let place = Int(digits), rest[digits.endIndex...].first == "]" else { return nil }
        steps.append(.element(place))
        rest = rest[digits.endIndex...].dropFirst()
      } else {
        if !steps.isEmpty {
          guard rest.first == "." else { return nil }
          rest = rest.dropFirst()
        }
        let name = rest.prefix { !".[]".contains($0) }
        guard !name.isEmpty else { return nil }
        steps.append(.member(String(name)))
        rest = rest[name.endIndex...]
      }
    }
    guard !steps.isEmpty else { return nil }
  }
}

extension AnswerPath: CustomStringConvertible {
  public var description: String {
    var text = ""
    for step in steps {
      switch step {
      case .member(let name): text += text.isEmpty ? name : ".\(name)"
      case .element(let place): text += "[\(place)]"
      }
    }
    return text
  }
}
