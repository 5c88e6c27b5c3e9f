import Columns
import Connectors
import HTTP
import Plans
import Platform
import Schemas

/// A table that an HTTP service gives whole: a list of objects.
final class HTTPTable: Sendable {
  /// Bytes of an answer that are taken.
  static let limit = 256 << 20

  private let place: String
  private let template: RequestTemplate
  private let path: AnswerPath?
  private let errors: GraphQLErrors?
  private let client: AuthorizedClient

  init(
    _ spec: SourceSpec, _ options: ResolvedOptions, _ client: AuthorizedClient, timeout: Int64
  ) throws(ConnectorError) {
    place = spec.place
    let whole = TableSpec(
      name: spec.name, keys: [], connector: spec.connector, decoding: spec.decoding)
    template = try RequestTemplate(whole, options, timeout: timeout, in: place)
    path = try options.answerPath(in: place)
    errors = GraphQLErrors(options)
    self.client = client
  }

  deinit { client.close() }

  /// Waits for all of them.
  func objects() throws(ConnectorError) -> [[UInt8]] {
    let request: HTTPRequest
    do throws(TemplateRefusal) {
      request = try template.request(Batch(schema: Schema([]), columns: [], rowCount: 0))
    } catch {
      throw ConnectorError(.configuration, "\(place): \(error.reason)")
    }
    switch Parker.answer({ client.send(request, $0) }) {
    case .failure(let error): throw ConnectorError(error, place)
    case .success(let response) where !response.isSuccess:
      let failure = ServiceFailure.of(response, as: place)
      throw ConnectorError(failure.isRetriable ? .unreachable : .configuration, failure.reason)
    case .success(let response): return try objects(response)
    }
  }

  private func objects(_ response: HTTPResponse) throws(ConnectorError) -> [[UInt8]] {
    let refusal: String?
    var found: [Range<Int>]?
    do throws(JSONFinder.Fault) {
      refusal = try errors?.reason(response)
      var finder = JSONFinder(response.body)
      if let list = try finder.find(path) { found = try finder.elements(list) }
    } catch {
      throw ConnectorError(
        .configuration,
        "\(place): the answer is no JSON at byte \(error.position): "
          + ServiceFailure.start(response))
    }
    if let refusal { throw ConnectorError(.unreachable, "\(place): \(refusal)") }
    guard let found else {
      let spot = path.map { " at `\($0)`" } ?? ""
      throw ConnectorError(
        .configuration,
        "\(place): the answer has no list\(spot): \(ServiceFailure.start(response))")
    }
    return found.map { Array(response.body[$0]) }
  }
}
