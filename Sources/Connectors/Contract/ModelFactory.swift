package import Columns
package import Plans

/// Opens the files of one kind of models (`onnx`). Registered by the executable, as connectors are,
/// so that the engine loads no library by name.
package protocol ModelFactory: Sendable {
  /// As the definition names it.
  var kind: String { get }

  /// A version's file, held against the declaration and ready to run. May block.
  func open(_ spec: ModelSpec, path: String) throws(ConnectorError) -> any InferenceModel

  /// What is wrong with a version's file, before anything runs; nil: nothing.
  func finding(_ spec: ModelSpec, path: String) -> ModelCheck.Finding?
}
