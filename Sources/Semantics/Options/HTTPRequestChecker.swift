import Diagnostics
import Plans
import Schemas
import Syntax

/// The request of a table that an HTTP service is asked for: which keys stand where in it; or that
/// of a task, and which values of its rows.
struct HTTPRequestChecker {
  struct Request {
    /// `url`, and `headers`, `body` or `graphql` where there is one.
    var options: [Option]
    /// Whether one request takes all keys of a call.
    var takesAll: Bool
  }

  private let options: OptionChecker
  private let keys: [Field]
  private let fields: [Field]
  private let rows: RowValues?

  init(_ options: OptionChecker, keys: [Field], fields: [Field]) {
    self.options = options
    self.keys = keys
    self.fields = fields
    rows = nil
  }

  init(_ options: OptionChecker, _ rows: RowValues) {
    self.options = options
    self.rows = rows
    (keys, fields) = ([], [])
  }

  /// `taken`: what it takes of the request that it belongs to; `hasToken`: the token too.
  func check(
    _ syntax: ConnectorSyntax, _ block: [Option], taken: [Option] = [], hasToken: Bool = false
  ) -> Request {
    var templates =
      rows.map { TemplateChecker(options, $0) }
      ?? TemplateChecker(options, keys: keys, fields: fields, namesAll: !keys.isEmpty)
    var found: [Option] = []
    let url = syntax.options["url"]
    if let url, let value = templates.url(url.value) {
      found.append(Option("url", value))
      checkAddress(value, at: url.value.span)
    }
    if rows != nil, let headers = syntax.options["headers"],
      let value = templates.headers(headers.value)
    {
      found.append(Option("headers", value))
    }
    if let body = syntax.options["body"], let value = templates.body(body.value) {
      found.append(Option("body", value))
    }
    if let graphql = syntax.options["graphql"], case .object(let inner) = graphql.value.kind,
      case .object(var parts)? = block.last(where: { $0.name == "graphql" })?.value
    {
      if let variables = inner["variables"],
        let value = templates.members(variables.value, "variables")
      {
        parts.append(Option("variables", value))
      }
      found.append(Option("graphql", .object(parts)))
    }
    checkBody(syntax, block)
    checkPath(syntax, block)
    checkAuthorization(syntax)
    checkSecrets(found + taken, syntax, hasToken: hasToken || syntax.options["oauth"] != nil)
    if url != nil, rows == nil { checkUse(templates, syntax) }
    return Request(options: found, takesAll: templates.takesAll)
  }

  private func report(_ problem: HTTPProblem, at span: Span) {
    options.definitions.log.report(problem, at: span)
  }

  /// As far as the definition says it; the rest shows at the start.
  func checkAddress(_ url: OptionValue, at span: Span) {
    let pieces = if case .text(let pieces) = url { pieces } else { [url] }
    if case .key? = pieces.first, pieces.count > 1 { return report(.valueInHost, at: span) }
    guard case .string(let first)? = pieces.first else { return }
    guard HTTPAddress.normalised(first) != nil else {
      return report(.scheme, at: span)
    }
    let isKey = pieces.dropFirst().first.map { $0 == .keys || $0.isKey } ?? false
    if isKey, !first.drop(while: { $0 != "/" }).dropFirst(2).contains(where: { "/?".contains($0) })
    {
      report(rows == nil ? .keyInHost : .valueInHost, at: span)
    }
  }

  private func checkBody(_ syntax: ConnectorSyntax, _ block: [Option]) {
    let bodies = syntax.options.options.filter { ["body", "graphql"].contains($0.name.text) }
    if Set(bodies.map(\.name.text)).count > 1, let last = bodies.last {
      report(.twoBodies, at: last.name.span)
    } else if let body = bodies.last, block.contains(Option("method", .word("GET"))),
      let method = syntax.options["method"]
    {
      report(.bodyOfGet(body.name.text), at: method.value.span)
    }
  }

  /// `oauth` gives each request a header that nothing else gives it too.
  private func checkAuthorization(_ syntax: ConnectorSyntax) {
    guard syntax.options["oauth"] != nil,
      case .object(let headers)? = syntax.options["headers"]?.value.kind
    else { return }
    for header in headers.options where header.name.text.lowercased() == "authorization" {
      report(.twoAuthorizations, at: header.name.span)
    }
  }

  /// Where a row says who is called, who writes rows would be told what is secret.
  private func checkSecrets(_ found: [Option], _ syntax: ConnectorSyntax, hasToken: Bool) {
    guard rows != nil, let url = syntax.options["url"],
      case .key? = found.first(where: { $0.name == "url" })?.value
    else { return }
    let holder = hasToken ? "oauth" : found.first { options.holdsSecret($0.value) }?.name
    guard let holder else { return }
    options.definitions.log.report(TaskProblem.secretToRows(holder), at: url.value.span)
  }

  private func checkPath(_ syntax: ConnectorSyntax, _ block: [Option]) {
    guard case .string(let path)? = block.last(where: { $0.name == "path" })?.value,
      AnswerPath(path) == nil, let option = syntax.options["path"]
    else { return }
    options.definitions.log.report(
      OptionProblem.wrongValue("path", expected: "names and places such as `data.items[0]`"),
      at: option.value.span)
  }

  private func checkUse(_ templates: TemplateChecker, _ syntax: ConnectorSyntax) {
    let span = syntax.options["url"]?.value.span ?? syntax.name.span
    guard !options.definitions.log.hasError(within: syntax.span) else { return }
    if templates.takesAll {
      if let used = templates.used.sorted().first { report(.oneAndAll(used), at: span) }
      return
    }
    let unused = keys.map(\.name).filter { !templates.used.contains($0) }
    if !unused.isEmpty { return report(.unusedKeys(unused), at: span) }
    if let batch = syntax.options["batch"], !keys.isEmpty {
      report(.batchOfOne, at: batch.name.span)
    }
  }
}

extension OptionValue {
  fileprivate var isKey: Bool { if case .key = self { true } else { false } }
}

extension LookupPolicy {
  /// What a block does not say, as requests are made.
  mutating func adapt(to request: HTTPRequestChecker.Request, _ block: [Option]) {
    if !request.takesAll { (batch, within) = (1, 0) }
    if !block.contains(where: { $0.name == "concurrency" }) { concurrency = 16 }
  }
}
