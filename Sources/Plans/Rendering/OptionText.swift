/// Options as the language writes them. Secrets and environment variables stay references.
extension OptionValue: CustomStringConvertible {
  public var description: String {
    switch self {
    case .bool(let value): "\(value)"
    case .int(let value): "\(value)"
    case .float(let value): "\(value)"
    case .string(let value): Literal.quoted(value)
    case .duration(let value): TimeRendering.duration(value)
    case .percentage(let value): "\(value * 100)%"
    case .rate(let value): "\(value)/s"
    case .word(let word): word
    case .list(let values): "[\(values.map(\.description).joined(separator: ", "))]"
    case .object(let options): "{ \(options.map(\.description).joined(separator: ", ")) }"
    case .environment(let name, let fallback):
      if let fallback {
        "env(\(Literal.quoted(name)), \(Literal.quoted(fallback)))"
      } else {
        "env(\(Literal.quoted(name)))"
      }
    case .secret(let name): "secret(\(Literal.quoted(name)))"
    case .text(let pieces): pieces.map(\.description).joined(separator: " ++ ")
    case .json(let value): "json(\(value))"
    case .call(let name, let options):
      "\(name)(\(options.map(\.description).joined(separator: ", ")))"
    case .null: "null"
    case .key(let name): name
    case .keys: "keys"
    }
  }
}

extension Option: CustomStringConvertible {
  public var description: String { "\(name): \(value)" }
}

extension ConnectorSpec: CustomStringConvertible {
  public var description: String {
    options.isEmpty
      ? connector : "\(connector) { \(options.map(\.description).joined(separator: ", ")) }"
  }
}

extension ErrorRoute: CustomStringConvertible {
  public var description: String {
    switch self {
    case .fail: "fail"
    case .skip: "skip"
    case .deadLetter(let spec): "dead_letter to \(spec)"
    }
  }
}
