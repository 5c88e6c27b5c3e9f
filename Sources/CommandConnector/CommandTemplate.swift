import Columns
import Connectors
import FoundationEssentials
import Glibc
import Schemas

/// What is started for a task.
struct CommandTemplate: Sendable {
  private enum Input: Sendable {
    case none
    case text(TextTemplate)
    case json(BodyTemplate)
  }

  /// Of the engine's own environment a program gets no more: secrets are in there.
  private static let inherited = ["PATH", "HOME", "LANG", "TZ", "TMPDIR"]
  private static let keyVariable = "RAUDAL_IDEMPOTENCY_KEY"
  private static let attemptVariable = "RAUDAL_ATTEMPT"

  let program: String
  let directory: String
  let limits: ProgramRun.Limits
  private let arguments: [TextTemplate]
  private let input: Input
  private let variables: [(name: String, text: TextTemplate)]
  private let own: [String]
  /// Hides what the definition told the program: it may be a secret.
  let mask: SecretMask

  /// `input`: the stage's.
  init(
    _ options: ResolvedOptions, input schema: Schema, _ environment: ConnectorEnvironment,
    in place: String
  ) throws(ConnectorError) {
    program = Self.absolute(
      environment.path(try options.requiredText("program", in: place)))
    directory = Self.absolute(
      try options.text("directory", in: place).map(environment.path) ?? environment.directory)
    limits = ProgramRun.Limits(
      output: Int(try options.int("output_bytes", else: 1 << 20, atLeast: 1, in: place)),
      memory: UInt64(try options.int("memory_mib", else: 0, atLeast: 0, in: place)) << 20,
      seconds: UInt64(try options.duration("cpu", else: 0, in: place) / 1_000_000))
    let names = schema.fields.map(\.name)
    arguments = try options.templates("arguments", names: names, in: place)
    let inside = "\(place): `stdin`"
    switch options["stdin"] {
    case nil: input = .none
    case let value?:
      input =
        switch value {
        case .object, .list: .json(try BodyTemplate(value, columns: schema.fields, in: inside))
        default: .text(try TextTemplate(value, names: names, in: inside))
        }
    }
    let variables = try options.namedTemplates("environment", names: names, in: place)
    self.variables = variables
    let constants = variables.compactMap { $0.text.constant }
    mask = SecretMask(
      options.secrets,
      values: options.variables + constants.map { String(decoding: $0, as: UTF8.self) })
    for (name, _) in variables {
      let isOwn = name == Self.keyVariable || name == Self.attemptVariable
      guard isOwn || name.isEmpty || name.utf8.contains(where: { $0 == 0x3D || $0 == 0 }) else {
        continue
      }
      throw ConnectorError(
        .configuration,
        "\(place): `environment`: `\(name)` "
          + (isOwn ? "goes with each call of itself" : "is no name of a variable"))
    }
    let process = ProcessInfo.processInfo.environment
    let named = Set(variables.map(\.name))
    own = Self.inherited.filter { !named.contains($0) }
      .compactMap { name in process[name].map { "\(name)=\($0)" } }
  }

  private static func absolute(_ path: String) -> String {
    if path.hasPrefix("/") { return path }
    return path == "." ? workingDirectory : "\(workingDirectory)/\(path)"
  }

  private static var workingDirectory: String {
    guard let text = getcwd(nil, 0) else { return "/" }
    defer { free(text) }
    return String(cString: text)
  }

  func content(_ attempt: TaskAttempt) throws(TemplateRefusal) -> ProgramRun.Content {
    let (rows, row) = (attempt.rows, attempt.row)
    var content = ProgramRun.Content(
      program: program, arguments: [program], environment: own, directory: directory)
    for argument in arguments {
      content.arguments.append(try Self.sound(argument.text(rows, row: row), "an argument"))
    }
    for (name, text) in variables {
      let value = try Self.sound(text.text(rows, row: row), "`\(name)`")
      content.environment.append("\(name)=\(value)")
    }
    let key = try Self.sound(attempt.idempotencyKey, "the idempotency key")
    content.environment += [
      "\(Self.keyVariable)=\(key)", "\(Self.attemptVariable)=\(attempt.number)",
    ]
    switch input {
    case .none: break
    case .text(let text): content.input = try text.bytes(rows, row: row)
    case .json(let body): content.input = try body.bytes(rows, row: row)
    }
    return content
  }

  /// A program sees a text up to the first such byte.
  private static func sound(_ text: String, _ what: String) throws(TemplateRefusal) -> String {
    guard !text.utf8.contains(0) else { throw TemplateRefusal("\(what) would hold a zero byte") }
    return text
  }
}
