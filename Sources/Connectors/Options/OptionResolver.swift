import Columns
import FoundationEssentials
import Glibc
package import Plans

/// Reads environment variables and secrets into the options of a plan, at start.
///
/// A secret `NAME` comes from the environment variable `NAME`, else from the file that `NAME_FILE`
/// names (its last newline left out), else from the file `NAME` below `RAUDAL_SECRETS`. Values are
/// never part of a message.
package struct OptionResolver: Sendable {
  /// Environment variables; tests give their own.
  package var environment: [String: String]
  private let readFile: @Sendable (String) -> String?

  package init(
    environment: [String: String], readFile: @escaping @Sendable (String) -> String? = Self.read
  ) {
    self.environment = environment
    self.readFile = readFile
  }

  /// Of this process.
  package static var process: OptionResolver {
    OptionResolver(environment: ProcessInfo.processInfo.environment)
  }

  /// `place` names the block in messages: "source `events`".
  package func resolve(
    _ options: [Option], place: String
  ) throws(ConnectorError) -> ResolvedOptions {
    var resolved = ResolvedOptions(try object(options, place: place))
    for option in options { note(option.value, in: &resolved) }
    return resolved
  }

  /// Secrets and variables in a value, by themselves.
  private func note(_ value: OptionValue, in resolved: inout ResolvedOptions) {
    switch value {
    case .environment(let name, _):
      if let text = environment[name] { resolved.variables.append(text) }
    case .secret(let name):
      if let text = try? secret(name, "") { resolved.secrets.append(text) }
    case .json(let inner): note(inner, in: &resolved)
    case .text(let parts), .list(let parts): for part in parts { note(part, in: &resolved) }
    case .object(let options), .call(_, let options):
      for option in options { note(option.value, in: &resolved) }
    case .bool, .int, .float, .percentage, .rate, .string, .word, .duration, .null, .key, .keys:
      break
    }
  }

  private func object(
    _ options: [Option], place: String
  ) throws(ConnectorError) -> [String: ResolvedValue] {
    var values: [String: ResolvedValue] = [:]
    for option in options {
      values[option.name] = try resolve(option.value, "\(place): `\(option.name)`")
    }
    return values
  }

  private func resolve(
    _ value: OptionValue, _ place: String
  ) throws(ConnectorError) -> ResolvedValue {
    switch value {
    case .bool(let value): return .bool(value)
    case .int(let value): return .int(value)
    case .float(let value), .percentage(let value), .rate(let value): return .float(value)
    case .string(let text), .word(let text): return .text(text)
    case .duration(let micros): return .duration(micros)
    case .environment(let name, let fallback):
      return .text(try variable(name, fallback, place))
    case .secret(let name): return .text(try secret(name, place))
    case .text(let pieces): return try text(pieces, place)
    case .json(let value): return .text(try json(resolve(value, place), place))
    case .null: return .null
    case .key(let name): return .key(name)
    case .keys: return .keys
    case .object(let options): return .object(try object(options, place: place))
    case .call(let name, let arguments):
      var members = try object(arguments, place: place)
      members["call"] = .text(name)
      return .object(members)
    case .list(let items):
      var values: [ResolvedValue] = []
      for item in items { values.append(try resolve(item, place)) }
      return .list(values)
    }
  }

  private func variable(
    _ name: String, _ fallback: String?, _ place: String
  ) throws(ConnectorError) -> String {
    if let value = environment[name] ?? fallback { return value }
    throw ConnectorError(
      .configuration,
      "\(place) needs the environment variable \(name), which is not set;"
        + " set it, or write `env(\"\(name)\", \"…\")` with a fallback")
  }

  private func secret(_ name: String, _ place: String) throws(ConnectorError) -> String {
    if let value = environment[name] { return value }
    let path = environment["\(name)_FILE"] ?? environment["RAUDAL_SECRETS"].map { "\($0)/\(name)" }
    if let path {
      if var text = readFile(path) {
        if text.hasSuffix("\n") { text.removeLast() }
        return text
      }
      throw ConnectorError(
        .configuration, "\(place) needs the secret \(name), but \(path) cannot be read")
    }
    throw ConnectorError(
      .configuration,
      "\(place) needs the secret \(name): set the environment variable \(name),"
        + " or \(name)_FILE to a file that holds it")
  }

  /// As it stands in a text of JSON.
  private func json(
    _ value: ResolvedValue, _ place: String
  ) throws(ConnectorError) -> String {
    switch value {
    case .bool(let value): return "\(value)"
    case .int(let value): return "\(value)"
    case .float(let value): return value.isFinite ? "\(value)" : "null"
    case .null: return "null"
    case .duration(let micros): return "\(micros)"
    case .text(let text):
      let buffer = ByteBuffer(capacity: text.utf8.count + 2)
      JSONText.write(Array(text.utf8), to: buffer)
      return buffer.string
    case .list, .object, .key, .keys, .template:
      throw ConnectorError(.configuration, "\(place): a list or block cannot stand in a text")
    }
  }

  /// One text, or a template where keys are in it.
  private func text(
    _ pieces: [OptionValue], _ place: String
  ) throws(ConnectorError) -> ResolvedValue {
    var parts: [ResolvedValue] = []
    for piece in pieces {
      let value = try resolve(piece, place)
      let text: String
      switch value {
      case .text(let part): text = part
      case .int(let value): text = "\(value)"
      case .float(let value): text = "\(value)"
      case .bool(let value): text = "\(value)"
      case .duration(let micros): text = "\(micros)us"
      case .key, .keys:
        parts.append(value)
        continue
      case .list, .object, .template, .null:
        throw ConnectorError(.configuration, "\(place): a list or block cannot stand in a text")
      }
      if case .text(let before)? = parts.last {
        parts[parts.count - 1] = .text(before + text)
      } else {
        parts.append(.text(text))
      }
    }
    if parts.isEmpty { return .text("") }
    if parts.count == 1, case .text = parts[0] { return parts[0] }
    return .template(parts)
  }

  /// At most 1 MB of a file as text.
  package static func read(_ path: String) -> String? {
    guard let file = fopen(path, "rb") else { return nil }
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: 1 << 20)
    let count = fread(&bytes, 1, bytes.count, file)
    guard ferror(file) == 0 else { return nil }
    return String(validating: bytes[..<count], as: UTF8.self)
  }
}
