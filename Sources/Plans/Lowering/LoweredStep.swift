package import Schemas

/// A step that a stage is made into, and the columns behind it.
package struct LoweredStep {
  /// Behind the stage's own name in that of the step.
  package var name: String
  package var kind: LogicalKind
  package var schema: Schema

  init(_ name: String, _ kind: LogicalKind, _ schema: Schema) {
    self.name = name
    self.kind = kind
    self.schema = schema
  }
}
