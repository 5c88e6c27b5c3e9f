import Connectors
import HTTP
import Plans

/// In GraphQL what went wrong stands beside what there is, under `errors`.
struct GraphQLErrors: Sendable {
  private let path: AnswerPath

  /// nil where nothing is asked by GraphQL.
  init?(_ options: ResolvedOptions) {
    guard case .object? = options["graphql"], let path = AnswerPath("errors") else { return nil }
    self.path = path
  }

  /// nil: there is none.
  func reason(
    _ response: HTTPResponse, _ mask: SecretMask = SecretMask()
  ) throws(JSONFinder.Fault) -> String? {
    var finder = JSONFinder(response.body)
    guard let found = try finder.find(path), try finder.elements(found)?.isEmpty != true else {
      return nil
    }
    return "GraphQL answers with errors: \(ServiceFailure.start(response, mask))"
  }
}

extension ResolvedOptions {
  /// Where in an answer that stands which is read; nil: it is all of it.
  func answerPath(in place: String) throws(ConnectorError) -> AnswerPath? {
    guard let text = try text("path", in: place) else { return nil }
    if let path = AnswerPath(text) { return path }
    throw ConnectorError(
      .configuration, "\(place): `path` is names and places such as `data.items[0]`")
  }
}
