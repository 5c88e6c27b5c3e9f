extension DiagnosticPage {
  /// Of what models' outputs are held against.
  static let drift: [DiagnosticPage] = [
    DiagnosticPage(
      "E0585", "a model's baseline that is not there, is no table of classes, or of other outputs",
      advice:
        "CSV with the heading `output,up_to,rows`; numbers and bools have a baseline, texts none",
      wrong: ##"""
        model m using onnx {
          path: "m.onnx", baseline: "absent.csv", input: { x: float }, output: { p: float }
        }
        """##,
      right: ##"""
        model m using onnx {
          path: "m.onnx", baseline: "m.csv", input: { x: float }, output: { p: float }
        }
        """##)
  ]
}
