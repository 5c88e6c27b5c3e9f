/// Looks at the constants of a call before anything runs: whether its pattern can be read, its zone
/// is known, its path leads anywhere.
///
/// The room that binds calls gives it, for it alone knows what it can read; a second opinion could
/// differ from it.
package struct ConstantCheck: Sendable {
  /// What is wrong with an argument, which is a literal.
  package struct Flaw: Hashable, Sendable {
    package let argument: Int
    /// `this is no regular expression`
    package let title: String
    /// `a closing parenthesis is missing`
    package let reason: String

    package init(argument: Int, title: String, reason: String) {
      self.argument = argument
      self.title = title
      self.reason = reason
    }
  }

  private let find: @Sendable (Expression) -> Flaw?

  package init(_ find: @escaping @Sendable (Expression) -> Flaw?) { self.find = find }

  /// Every constant is fine.
  package static let none = ConstantCheck { _ in nil }

  /// The first flaw of a call; its arguments are as the plan holds them.
  package func flaw(in call: Expression) -> Flaw? { find(call) }
}

extension FunctionSignature.Parameter {
  /// Whether an argument here is known before the first row, or should be.
  package var isConstant: Bool {
    switch self {
    case .constantText, .setting, .choice, .constantInt: true
    default: false
    }
  }
}
