import Columns
import Plans
import Platform
import Schemas

/// A model with what its outputs are held against.
struct BaselinedModel: InferenceModel {
  let model: any InferenceModel
  let baseline: ModelBaseline?

  var version: String { model.version }

  func run(
    _ columns: [Column], rowCount: Int, batch: Int
  ) throws(InferenceFailure) -> [Column] {
    try model.run(columns, rowCount: rowCount, batch: batch)
  }
}

/// Why a file is no baseline.
struct BaselineError: Error { var reason: String }

extension ModelBaseline {
  /// More is none.
  private static let byteLimit = 1 << 20

  static func read(_ path: String) throws(BaselineError) -> ModelBaseline {
    let bytes: [UInt8]
    let isTooLarge: Bool
    do throws(FileError) {
      let slash = path.lastIndex(of: "/")
      let folder = slash.map { String(path[..<$0]) } ?? "."
      let name = slash.map { String(path[path.index(after: $0)...]) } ?? path
      let store = LinuxFileStore(root: folder.isEmpty ? "/" : folder)
      isTooLarge = try store.size(of: name) > byteLimit
      bytes = try isTooLarge ? [] : store.read(name)
    } catch {
      throw BaselineError(
        reason: error.kind == .notFound
          ? "there is no file \(path)" : "\(path) can't be read: \(error.kind)")
    }
    guard !isTooLarge else { throw BaselineError(reason: "\(path) is larger than 1 MiB") }
    do throws(Mistake) {
      return try ModelBaseline(csv: String(decoding: bytes, as: UTF8.self))
    } catch {
      throw BaselineError(reason: "\(path), line \(error.line): \(error.reason)")
    }
  }

  /// Why it is none of the outputs that a model declares.
  func misfit(_ spec: ModelSpec) -> String? {
    for spread in spreads {
      switch spec.type(ofAnswer: spread.output) {
      case .float?, .int?, .bool?: continue
      case nil where spec.unread.contains(spread.output): continue
      case let type?: return "it is of `\(spread.output)`, which is no number but a \(type)"
      case nil:
        let names = spec.outputs.map(\.field.name).joined(separator: ", ")
        return "it is of `\(spread.output)`, and the model gives \(names)"
      }
    }
    return nil
  }
}
