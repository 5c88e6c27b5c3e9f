/// A value for a param from outside.
public struct ParameterSetting: Hashable, Sendable {
  /// Nil is null.
  public var text: String?
  /// Where it was said, for messages: `--set`, `params.yaml:3`.
  public var origin: String

  public init(_ text: String?, origin: String) {
    self.text = text
    self.origin = origin
  }
}
