import Columns
import Connectors
import HTTP
import Plans

/// What a service's response says of a task: whether it took it, and the columns that are read.
final class TaskResponse: Sendable {
  /// Bytes of a response that are kept for its columns; a larger one has none.
  private static let limit = 1 << 20

  private let path: AnswerPath?
  /// Of GraphQL, where what went wrong stands beside what there is.
  private let errors: AnswerPath?
  private let decoder: ResponseDecoder

  init(
    _ spec: TaskSpec, _ options: ResolvedOptions, in place: String
  ) throws(ConnectorError) {
    let path = try options.text("path", in: place)
    self.path = path.flatMap { AnswerPath($0) }
    if path != nil, self.path == nil {
      throw ConnectorError(
        .configuration, "\(place): `path` is names and places such as `data.items[0]`")
    }
    errors = if case .object? = options["graphql"] { AnswerPath("errors") } else { nil }
    decoder = try ResponseDecoder(spec)
  }

  func answer(_ response: HTTPResponse) -> TaskAnswer {
    let pause = RateLimitHeaders.pause(response)
    guard response.isSuccess else {
      let said = response.body.isEmpty ? "" : ": \(ServiceFailure.start(response))"
      let place =
        response.headers["location"].map { ", which points to \($0.prefix { $0 != "?" })" } ?? ""
      return TaskAnswer(
        .refused("status \(response.status)\(place)\(said)"), status: response.status,
        retryAfter: pause)
    }
    if let reason = graphQLErrors(response) {
      return TaskAnswer(.refused(reason), status: response.status, retryAfter: pause)
    }
    return TaskAnswer(
      .done, status: response.status, retryAfter: pause, response: object(response))
  }

  private func graphQLErrors(_ response: HTTPResponse) -> String? {
    guard let errors else { return nil }
    var finder = JSONFinder(response.body)
    guard let found = try? finder.find(errors), (try? finder.elements(found))?.isEmpty != true,
      !response.body[found].elementsEqual("null".utf8)
    else { return nil }
    return "GraphQL answers with errors: \(ServiceFailure.start(response))"
  }

  /// The part of the body that the columns are read from.
  private func object(_ response: HTTPResponse) -> [UInt8] {
    guard !decoder.isEmpty, !response.body.isEmpty else { return [] }
    guard let path else { return response.body.count > Self.limit ? [] : response.body }
    var finder = JSONFinder(response.body)
    guard let place = try? finder.find(path), place.count <= Self.limit else { return [] }
    return Array(response.body[place])
  }

  func read(_ responses: [[UInt8]?]) -> (columns: [Column], unreadable: [Int: String]) {
    decoder.read(responses)
  }
}
