extension DiagnosticPage {
  /// Of models and of stages that ask them.
  static let models: [DiagnosticPage] = [
    DiagnosticPage(
      "E0540", "`infer` of a model that is not declared",
      advice: "`model NAME using onnx { … }`, or the name as it is declared",
      wrong: ##"""
        model churn using onnx {
          path: "churn.onnx", input: { rate: float }, output: { p: float }
        }
        stream s = e | infer chum(rate) as c
        sink s to print
        """##,
      right: ##"""
        model churn using onnx {
          path: "churn.onnx", input: { rate: float }, output: { p: float }
        }
        stream s = e | infer churn(rate) as c
        sink s to print
        """##),
    DiagnosticPage(
      "E0541", "a kind of model that there is not", advice: "`using onnx`, `openai` or `http`",
      wrong: ##"model m using onx { path: "m.onnx", input: { x: float }, output: { p: float } }"##,
      right: ##"""
        model m using onnx {
          path: "m.onnx"
          input: { x: float }, output: { p: float }
        }
        """##),
    DiagnosticPage(
      "E0542", "`infer` with other arguments than the model has inputs",
      advice: "one for each of its `input`, in that order or by name: `churn(rate, days: 3)`",
      wrong: ##"""
        model m using onnx {
          path: "m.onnx", input: { x: float, y: float }, output: { p: float }
        }
        stream s = e | infer m(rate) as c
        sink s to print
        """##,
      right: ##"""
        model m using onnx {
          path: "m.onnx", input: { x: float, y: float }, output: { p: float }
        }
        stream s = e | infer m(rate, y: id) as c
        sink s to print
        """##),
    DiagnosticPage(
      "E0543", "a model that takes or gives nothing, or values that no model has",
      advice: "bool, int, float and string, and lists of these",
      wrong: ##"""
        model m using onnx {
          path: "m.onnx"
          input: { x: date }, output: { p: float }
        }
        """##,
      right: ##"""
        model m using onnx {
          path: "m.onnx"
          input: { x: float }, output: { p: float }
        }
        """##),
    DiagnosticPage(
      "E0544", "a name that an answer of a model has already",
      advice: "another name: an output `version` of the model is `v: string from \"version\"`",
      wrong: ##"""
        model m using onnx {
          path: "m.onnx", input: { x: float }, output: { version: string }
        }
        """##,
      right: ##"""
        model m using onnx {
          path: "m.onnx", input: { x: float }, output: { v: string from "version" }
        }
        """##),
    DiagnosticPage(
      "E0545", "a model without a file, or whose file is said twice",
      advice: "`path` for one file, `versions` for several",
      wrong: ##"model m using onnx { input: { x: float }, output: { p: float } }"##,
      right: ##"""
        model m using onnx {
          path: "m.onnx"
          input: { x: float }, output: { p: float }
        }
        """##),
    DiagnosticPage(
      "E0546", "shares of a model's versions that are not 100% together",
      advice: "each version that answers has a share; a shadow has none",
      wrong: ##"""
        model m using onnx {
          versions: { a: { path: "a.onnx", share: 90% }, b: { path: "b.onnx", share: 20% } }
          sticky: id, input: { x: float }, output: { p: float }
        }
        """##,
      right: ##"""
        model m using onnx {
          versions: { a: { path: "a.onnx", share: 80% }, b: { path: "b.onnx", share: 20% } }
          sticky: id, input: { x: float }, output: { p: float }
        }
        """##),
    DiagnosticPage(
      "E0547",
      "several versions of a model, and nothing that says who gets which: `sticky` is missing, or "
        + "the column of `sticky` or `chosen_by` is, or `chosen_by` names one that is no text",
      advice: "`sticky: COLUMN`, a column of the rows that come to `infer`",
      wrong: ##"""
        model m using onnx {
          versions: { a: { path: "a.onnx", share: 80% }, b: { path: "b.onnx", share: 20% } }
          input: { x: float }, output: { p: float }
        }
        """##,
      right: ##"""
        model m using onnx {
          versions: { a: { path: "a.onnx", share: 80% }, b: { path: "b.onnx", share: 20% } }
          sticky: id, input: { x: float }, output: { p: float }
        }
        """##),
    DiagnosticPage(
      "E0548", "a model's file that is not there, or is no model that can be run",
      advice:
        "the path is relative to the definition; the message says what the file is instead",
      wrong: ##"""
        model m using onnx {
          path: "absent.onnx", input: { x: float }, output: { p: float }
        }
        """##,
      right: ##"""
        model m using onnx {
          path: "m.onnx"
          input: { x: float }, output: { p: float }
        }
        """##),
    DiagnosticPage(
      "E0549", "a model whose file takes or gives something else than is declared",
      advice: "`input` and `output` as the message says that the file has them",
      wrong: ##"""
        model m using onnx {
          path: "other.onnx", input: { x: float }, output: { p: float }
        }
        """##,
      right: ##"""
        model m using onnx {
          path: "m.onnx"
          input: { x: float }, output: { p: float }
        }
        """##),
    DiagnosticPage(
      "W0540", "models could not be looked at, for the library that runs them is missing here",
      advice: "the command of the message installs it; a run does not begin without it",
      wrong: ##"""
        model m using onnx {
          path: "unseen.onnx", input: { x: float }, output: { p: float }
        }
        """##,
      right: ##"""
        model m using onnx {
          path: "m.onnx"
          input: { x: float }, output: { p: float }
        }
        """##),
  ]
}
