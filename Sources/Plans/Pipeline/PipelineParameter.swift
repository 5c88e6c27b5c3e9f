public import Schemas

/// A `param` of a definition and the value it has in this run.
public struct PipelineParameter: Hashable, Sendable, Codable {
  public var name: String
  public var fieldType: FieldType
  /// Nil only where the definition is wrong.
  public var value: Literal?
  /// Whether the value was set from outside (`--set`).
  public var isSet: Bool
  public var documentation: String

  public init(
    name: String, fieldType: FieldType, value: Literal?, isSet: Bool = false,
    documentation: String = ""
  ) {
    self.name = name
    self.fieldType = fieldType
    self.value = value
    self.isSet = isSet
    self.documentation = documentation
  }
}
