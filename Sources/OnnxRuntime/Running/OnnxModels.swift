package import Columns
package import Connectors
package import Plans
import Schemas
import Synchronization

/// Models of ONNX files, for definitions.
///
/// A file is opened once in the life of the process, whoever asks it: a run that fails and begins
/// again goes on with the same model, whatever happened to the file meanwhile.
package final class OnnxModels: ModelFactory {
  private struct Key: Hashable {
    var path: String
    var threads: Int
  }

  package let kind = "onnx"
  private let opened = Mutex<[Key: OnnxModel]>([:])

  package init() {}

  package func open(
    _ spec: ModelSpec, path: String
  ) throws(ConnectorError) -> any InferenceModel {
    do throws(OnnxError) {
      let binding = try model(path, spec.threads).bind(spec)
      binding.warmUp(rows: 1)
      return OnnxInference(binding: binding)
    } catch {
      throw ConnectorError(.configuration, "\(error)")
    }
  }

  private func model(_ path: String, _ threads: Int) throws(OnnxError) -> OnnxModel {
    let key = Key(path: path, threads: threads)
    if let known = opened.withLock({ $0[key] }) { return known }
    let model = try OnnxModel(path: path, threads: threads)
    return opened.withLock { opened in
      let first = opened[key] ?? model
      opened[key] = first
      return first
    }
  }

  package func finding(_ spec: ModelSpec, path: String) -> ModelCheck.Finding? {
    let library: OnnxLibrary
    do throws(OnnxError) {
      library = try OnnxLibrary.shared()
    } catch {
      return .unseen("\(error)")
    }
    do throws(OnnxError) {
      _ = try OnnxModel(path: path, library: library).bind(spec)
      return nil
    } catch {
      guard case .signature(_, let mismatch) = error else { return .file("\(error)") }
      let text = "the file \(mismatch)"
      return mismatch.isOfOutput ? .output(text) : .input(text)
    }
  }
}

extension OnnxModel {
  fileprivate func bind(_ spec: ModelSpec) throws(OnnxError) -> OnnxBinding {
    try bind(
      inputs: spec.inputs.map { Field($0.source, $0.field.type) },
      answers: spec.outputs.map { output in
        OnnxAnswer(
          Field(output.field.name, output.field.type), output: output.source, index: output.index)
      })
  }
}

/// A bound model as a stage asks it.
struct OnnxInference: InferenceModel {
  let binding: OnnxBinding

  var version: String { binding.model.version }

  func run(
    _ columns: [Column], rowCount: Int, batch: Int
  ) throws(InferenceFailure) -> [Column] {
    do throws(OnnxError) {
      return try binding.run(columns, rowCount: rowCount, batch: batch)
    } catch {
      // Which row it is the stage knows better.
      if case .value(let path, let input, _, let reason) = error {
        throw InferenceFailure("\(path) cannot be given its input `\(input)`: \(reason)")
      }
      throw InferenceFailure("\(error)")
    }
  }
}
