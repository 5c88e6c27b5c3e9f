import Plans

extension ModelCheck {
  /// Models of tests, which are what their files' names say.
  static let named = ModelCheck { spec, version in
    guard case .string(let path) = version.path else { return nil }
    if spec.baseline == .string("absent.csv") { return .baseline("there is no file absent.csv") }
    switch path {
    case "absent.onnx": return .file("there is no model file absent.onnx")
    case "other.onnx":
      let given = spec.inputs.map { "`\($0.field)`" }.joined(separator: ", ")
      return .input("the file takes `a`: float32[?, 1] and is given \(given)")
    case "other_output.onnx":
      return .output("the file has no output `p`; it has `label`: int64[?]")
    case "unseen.onnx": return .unseen("the library that runs it is not installed")
    default: return nil
    }
  }
}
