extension DiagnosticPage {
  /// Of models that a server runs.
  static let remoteModels: [DiagnosticPage] = [
    DiagnosticPage(
      "E0550", "a prompt in which not all inputs of its model are",
      advice: "each input where it belongs, or not declared; all rows would get the same answer",
      wrong: ##"""
        model m using openai {
          url: "http://localhost/v1", model: "small", prompt: "Which tone has this?"
          input: { text: string }, output: { tone: string }
        }
        """##,
      right: ##"""
        model m using openai {
          url: "http://localhost/v1", model: "small", prompt: "Which tone has this? \(text)"
          input: { text: string }, output: { tone: string }
        }
        """##),
    DiagnosticPage(
      "E0551", "an option that a model has no use for",
      advice: "a chat answers one row a request; only chats have a temperature",
      wrong: ##"""
        model m using openai {
          url: "http://localhost/v1", model: "small", prompt: "Which tone? \(text)", batch: 16
          input: { text: string }, output: { tone: string }
        }
        """##,
      right: ##"""
        model m using openai {
          url: "http://localhost/v1", model: "small", prompt: "Which tone? \(text)"
          concurrency: 32, input: { text: string }, output: { tone: string }
        }
        """##),
    DiagnosticPage(
      "E0552", "a language model that is not told what to do",
      advice: "a `prompt`; without one a model makes a text a `list<float>`, its embedding",
      wrong: ##"""
        model m using openai {
          url: "http://localhost/v1", model: "small"
          input: { text: string }, output: { tone: string }
        }
        """##,
      right: ##"""
        model m using openai {
          url: "http://localhost/v1", model: "small"
          input: { text: string }, output: { vector: list<float> }
        }
        """##),
    DiagnosticPage(
      "E0553", "`in […]` where it means nothing, or without texts",
      advice: "`string in [\"a\", \"b\"]` is for outputs of models that are told so in words",
      wrong: ##"""
        model m using openai {
          url: "http://localhost/v1", model: "small", prompt: "How many? \(text)"
          input: { text: string }, output: { n: int in ["1", "2"] }
        }
        """##,
      right: ##"""
        model m using openai {
          url: "http://localhost/v1", model: "small", prompt: "How many? \(text)"
          input: { text: string }, output: { n: string in ["1", "2"] }
        }
        """##),
    DiagnosticPage(
      "E0554", "a budget that is none, or of which it is not known who uses it",
      advice: "`1M tokens/h`, or `200k tokens/h per COLUMN`, a column that is never null",
      wrong: ##"""
        model m using openai {
          url: "http://localhost/v1", model: "small", prompt: "Which tone? \(text)"
          input: { text: string }, output: { tone: string }, budget: 5
        }
        """##,
      right: ##"""
        model m using openai {
          url: "http://localhost/v1", model: "small", prompt: "Which tone? \(text)"
          input: { text: string }, output: { tone: string }, budget: 200k tokens/h per name
        }
        """##),
    DiagnosticPage(
      "E0555", "models that stand in for each other in a circle",
      advice: "one of them with constants, `fallback: { … }`, or with none",
      wrong: ##"""
        model m using openai {
          url: "http://localhost/v1", model: "large", prompt: "Which tone? \(text)"
          input: { text: string }, output: { tone: string }, fallback: n
        }
        model n using openai {
          url: "http://localhost/v1", model: "small", prompt: "Which tone? \(text)"
          input: { text: string }, output: { tone: string }, fallback: m
        }
        """##,
      right: ##"""
        model m using openai {
          url: "http://localhost/v1", model: "large", prompt: "Which tone? \(text)"
          input: { text: string }, output: { tone: string }, fallback: n
        }
        model n using openai {
          url: "http://localhost/v1", model: "small", prompt: "Which tone? \(text)"
          input: { text: string }, output: { tone: string }, fallback: { tone: "neutral" }
        }
        """##),
    DiagnosticPage(
      "E0556", "a model that gives or takes other values than the one it shall stand in for",
      advice: "all outputs of that model, and some of its inputs, with the same names and types",
      wrong: ##"""
        model m using openai {
          url: "http://localhost/v1", model: "large", prompt: "Which tone? \(text)"
          input: { text: string }, output: { tone: string }, fallback: n
        }
        model n using http {
          url: "http://localhost", input: { text: string }, output: { score: float }
        }
        """##,
      right: ##"""
        model m using openai {
          url: "http://localhost/v1", model: "large", prompt: "Which tone? \(text)"
          input: { text: string }, output: { tone: string }, fallback: n
        }
        model n using http {
          url: "http://localhost", input: { text: string }, output: { tone: string }
        }
        """##),
    DiagnosticPage(
      "E0557", "an option of tables that are asked, beside `refresh`",
      advice: "`refresh` alone: the table is read whole; or none, and it is asked",
      wrong: ##"""
        table t: E key id from postgres {
          url: "postgres://localhost/shop", table: "e", refresh: 5m, cache: 1m
        }
        """##,
      right: ##"""
        table t: E key id from postgres {
          url: "postgres://localhost/shop", table: "e", refresh: 5m
        }
        """##),
  ]
}
