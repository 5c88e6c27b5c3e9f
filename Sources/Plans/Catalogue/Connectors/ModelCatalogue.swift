/// The kinds of models, and what their blocks may hold.
public enum ModelCatalogue {
  public static let kinds = ["http", "onnx", "openai"]

  /// Nil of a kind that there is not.
  public static func options(ofKind kind: String) -> [OptionDescriptor]? {
    switch kind {
    case "onnx": onnx
    case "http": http
    case "openai": openai
    default: nil
    }
  }

  public static let onnx: [OptionDescriptor] = [
    OptionDescriptor("path", .text, "The model's file. This or `versions`."),
    OptionDescriptor(
      "input", .fields, required: true,
      "What the model takes, in the order of `infer`'s arguments: names and types; "
        + "`name: type from \"…\"` where the model calls it otherwise."),
    OptionDescriptor(
      "output", .fields, required: true,
      "What is read of the model's answers; `from \"probabilities[1]\"` is one of several values a "
        + "row."),
    OptionDescriptor(
      "batch", .batching, fallback: "4096",
      "Rows of one run of the model at most; with `within` rows wait so long for a full batch."),
    OptionDescriptor(
      "threads", .int(1...64), fallback: "1",
      "Threads of one run; with more than one, floats may hang on the batch in their last bits."),
    OptionDescriptor(
      "versions", .versions,
      "Several files side by side: `{ v3: { path: \"…\", share: 90% }, v4: { path: \"…\", "
        + "share: 10% }, v5: { path: \"…\", shadow: true } }`."),
    sticky, chosen,
    OptionDescriptor(
      "fallback", .constants, fallback: "none",
      "What rows get of which the model failed: `{ output: value }`, the other outputs null, or "
        + "`nulls`. Without, they take the stage's error route."),
    baseline,
  ]

  /// Of each version of such a model; empty of a kind that there is not.
  public static func version(ofKind kind: String) -> [OptionDescriptor] {
    switch kind {
    case "onnx": version
    case "http": httpVersion
    case "openai": openaiVersion
    default: []
    }
  }

  public static let version: [OptionDescriptor] =
    [OptionDescriptor("path", .text, required: true, "The version's file.")] + parts

  static let parts: [OptionDescriptor] = [
    OptionDescriptor("share", .share, "Which part of the keys it answers; all shares are 100%."),
    OptionDescriptor(
      "shadow", .bool, fallback: "false",
      "`true`: it runs over all rows, and its answers are only counted."),
  ]

  static let baseline = OptionDescriptor(
    "baseline", .text, fallback: "none",
    "A file that says how the outputs were spread when the model was judged, to tell drift.")

  static let chosen = OptionDescriptor(
    "chosen_by", .columns, fallback: "none",
    "A column whose text names the version of a row; where it is null, or names none that answers, "
      + "`sticky` chooses. With it a version needs no share.")

  static let sticky = OptionDescriptor(
    "sticky", .columns,
    "The column, or columns, whose value chooses the version: the same value, the same version.")
}
