public import Schemas
import Plans

/// An expression of the language with the Swift type of its values. Whether a value may be null is
/// settled when the definition is checked, so types are compared without their optionals.
public protocol Formula<Value>: Sendable {
  associatedtype Value: ColumnValue
  /// As a definition has it; an operand stands in parentheses where it must.
  var text: String { get }
}

/// An expression that is neither a column nor a constant.
public struct Computed<Value: ColumnValue>: Formula {
  public let text: String

  /// Any expression of the language, as it is written there, whose type the program vouches for.
  public init(_ text: String) { self.text = "(\(text))" }
}

extension Formula {
  /// A call of any function: of the language, of the definition, or of this program.
  public func calling<Result: ColumnValue>(
    _ function: String, _ more: any Formula..., returning: Result.Type = Result.self
  ) -> Computed<Result> {
    Computed("\(function)(\(([self] + more).map(\.text).joined(separator: ", ")))")
  }

  public var isNull: Computed<Bool> { Computed("\(text) is null") }
  public var isNotNull: Computed<Bool> { Computed("\(text) is not null") }

  /// Whether the value is one of these.
  public func isIn<Member: Formula>(_ members: [Member]) -> Computed<Bool>
  where Member.Value.Base == Value.Base {
    Computed("\(text) in [\(members.map(\.text).joined(separator: ", "))]")
  }
}

extension Formula where Value.Base == String {
  /// SQL's `like`: `%` any text, `_` any character.
  public func isLike(_ pattern: String) -> Computed<Bool> {
    Computed("\(text) like \(Spelling.text(pattern))")
  }

  /// Whether a regular expression occurs in the text.
  public func matches(_ pattern: String) -> Computed<Bool> {
    Computed("\(text) matches \(Spelling.text(pattern))")
  }
}

extension Bool: Formula {
  public typealias Value = Bool
  public var text: String { self ? "true" : "false" }
}

extension Int: Formula {
  public typealias Value = Int
  public var text: String { self < 0 ? "(\(self))" : "\(self)" }
}

extension Double: Formula {
  public typealias Value = Double
  /// What is no number has no literal.
  public var text: String {
    guard isFinite else {
      return "cast(\"\(isNaN ? "NaN" : self < 0 ? "-Infinity" : "Infinity")\" as float)"
    }
    let digits = "\(self)"
    let literal = digits.contains("e") ? digits : "\(digits)e0"
    return self < 0 ? "(\(literal))" : literal
  }
}

extension String: Formula {
  public typealias Value = String
  public var text: String { Spelling.text(self) }
}

extension Timestamp: Formula {
  public typealias Value = Timestamp
  public var text: String { "timestamp \"\(TimeRendering.timestamp(microseconds))\"" }
}

extension Duration: Formula {
  public typealias Value = Duration
  public var text: String { Spelling.duration(self) }
}

extension ExactDecimal: Formula {
  public typealias Value = ExactDecimal
  public var text: String { unscaled < 0 ? "(\(self))" : "\(self)" }
}
