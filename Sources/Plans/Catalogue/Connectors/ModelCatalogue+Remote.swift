/// Models that a server runs, which is asked as a table's is.
extension ModelCatalogue {
  public static let http: [OptionDescriptor] =
    [
      OptionDescriptor(
        "url", .text, required: true,
        "The server, which speaks the KServe v2 protocol (Triton, MLServer, KServe, OpenVINO): "
          + "`http://host:8000`."),
      OptionDescriptor(
        "model", .text, fallback: "its name here", "What the server calls the model."),
      OptionDescriptor(
        "version", .text, fallback: "the server's choice", "Which of the model's versions."),
      headers, inputs, outputs,
      versions("`{ v3: { version: \"3\", share: 90% }, v4: { version: \"4\", share: 10% } }`"),
      sticky, chosen, baseline,
    ] + connection + asking(batch: "64 within 2ms", timeout: "5s")

  public static let openai: [OptionDescriptor] =
    [
      OptionDescriptor(
        "url", .text, required: true,
        "The API, up to `/v1`: `https://api.openai.com/v1`, `http://localhost:11434/v1`."),
      OptionDescriptor("model", .text, required: true, "What the server calls the model."),
      key,
      headers, inputs,
      OptionDescriptor(
        "output", .fields, required: true,
        "What it answers: names and types, and `string in [\"a\", \"b\"]` for one of a few texts. "
          + "One `list<float>` without a `prompt` is an embedding."),
      OptionDescriptor(
        "prompt", .template, fallback: "none: embeddings",
        "What is said to the model, with the inputs in it: `\"Which tone has this? \\(text)\"`."),
      OptionDescriptor(
        "system", .template, fallback: "none", "What is said before as the system's message."),
      temperature,
      OptionDescriptor(
        "max_tokens", .int(1...1_000_000), fallback: "the server's",
        "Tokens of an answer at most; one that is longer is none."),
      OptionDescriptor(
        "max_completion_tokens", .int(1...1_000_000), fallback: "the server's",
        "The same, for servers and models that call it so."),
      OptionDescriptor(
        "response", .word(["json_schema", "json_object", "text"]), fallback: "json_schema",
        "How the server is told the form of answers: by the schema of `output`, as any JSON, or "
          + "not at all. Then the schema stands in the prompt."),
      price,
      OptionDescriptor(
        "budget", .budget, fallback: "none",
        "Tokens that all calls of a process may use: `1M tokens/h`, or `1M tokens/h per tenant`."),
      versions("`{ now: { share: 90% }, new: { model: \"gpt-4o\", share: 10% } }`"), sticky,
      chosen, baseline,
    ] + connection + asking(batch: "embeddings: 64 within 2ms", timeout: "30s")

  static let httpVersion: [OptionDescriptor] =
    [
      ownURL,
      OptionDescriptor(
        "model", .text, fallback: "as declared", "What the server calls the model."),
      OptionDescriptor(
        "version", .text, fallback: "as declared", "Which of the model's versions."),
      ownHeaders,
    ] + parts

  static let openaiVersion: [OptionDescriptor] =
    [
      ownURL,
      OptionDescriptor(
        "model", .text, fallback: "as declared", "What the server calls the model."),
      own(key, asDeclared: declaredSecret), ownHeaders,
      own(temperature, asDeclared: "as declared"), own(price, asDeclared: "as declared"),
    ] + parts

  /// Those of a chat, which embeddings have no use for.
  public static let ofChat = [
    "system", "temperature", "max_tokens", "max_completion_tokens", "response",
  ]

  private static let inputs = OptionDescriptor(
    "input", .fields, required: true,
    "What the model takes, in the order of `infer`'s arguments: names and types.")

  private static let outputs = OptionDescriptor(
    "output", .fields, required: true,
    "What is read of the model's answers; `from \"probabilities[1]\"` is one of several values a "
      + "row.")

  private static let key = OptionDescriptor(
    "key", .secretText, "Our key, where the server wants one.")

  private static let temperature = OptionDescriptor(
    "temperature", .number(0...2), fallback: "0",
    "How much chance is in its answers; `1` for models that take nothing else.")

  private static let price = OptionDescriptor(
    "price",
    .block([
      OptionDescriptor("input", .number(0...1_000_000), fallback: "0", "Of tokens read."),
      OptionDescriptor("output", .number(0...1_000_000), fallback: "0", "Of tokens written."),
    ]), "What a million tokens cost, for the metrics.")

  private static func versions(_ example: String) -> OptionDescriptor {
    OptionDescriptor("versions", .versions, "Several models side by side: \(example).")
  }

  private static let ownURL = OptionDescriptor(
    "url", .text, fallback: "as declared", "Its server.")

  private static let ownHeaders = own(headers, asDeclared: declaredSecret)

  private static let declaredSecret = "as declared, unless it has a `url`"

  private static func own(
    _ option: OptionDescriptor, asDeclared fallback: String
  ) -> OptionDescriptor {
    var option = option
    option.fallback = fallback
    return option
  }

  private static let headers = OptionDescriptor(
    "headers", .freeBlock, "Headers of each request: `{ \"x-api-key\": secret(\"KEY\") }`.")

  private static let connection = ConnectorCatalogue.httpConnection.map { option in
    var option = option
    if option.name == "connections" {
      option.fallback = "as many as requests may be under way"
    }
    return option
  }

  private static func asking(batch: String, timeout: String) -> [OptionDescriptor] {
    ConnectorCatalogue.asking.map { option in
      var option = option
      switch option.name {
      case "batch":
        option.fallback = batch
        option.documentation = "Rows of one request at most, and how long it waits for them."
      case "concurrency":
        option.fallback = "16"
        option.documentation = "Requests under way at most, of each worker."
      case "timeout": option.fallback = timeout
      case "stable": option.fallback = "where a sink is not exactly once"
      case "cache": option.documentation = "Answers that are kept, of each worker, by the inputs."
      case "fallback":
        option.documentation =
          "What rows get that have no answer, or a wrong one: `{ output: value }`, the other "
          + "outputs null, or `nulls`. Without, they take the stage's error route."
      default: break
      }
      return option
    }
  }
}
