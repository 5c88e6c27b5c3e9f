import Columns
import Connectors
import HTTP
import Plans

/// What a service's response says of a task: whether it took it, and the columns that are read.
final class TaskResponse: Sendable {
  /// Bytes of a response that are kept for its columns; a larger one has none.
  private static let limit = 1 << 20

  private let path: AnswerPath?
  private let errors: GraphQLErrors?
  private let decoder: ResponseDecoder
  private let mask: SecretMask

  /// `mask`: hides what no answer shows, besides the token.
  init(
    _ spec: TaskSpec, _ options: ResolvedOptions, _ mask: SecretMask, in place: String
  ) throws(ConnectorError) {
    self.mask = mask
    path = try options.answerPath(in: place)
    errors = GraphQLErrors(options)
    decoder = try ResponseDecoder(spec)
  }

  /// `token`: the one that was sent.
  func answer(_ response: HTTPResponse, token: String?) -> TaskAnswer {
    let pause = RateLimitHeaders.pause(response)
    guard response.isSuccess else {
      return TaskAnswer(
        .refused(ServiceFailure.words(response, mask(token))), status: response.status,
        retryAfter: pause)
    }
    // What is no JSON says nothing of errors.
    if let errors, let reason = try? errors.reason(response, mask(token)) {
      return TaskAnswer(.errors(reason), status: response.status, retryAfter: pause)
    }
    return done(response, pause, token)
  }

  private func mask(_ token: String?) -> SecretMask { token.map { mask.hiding($0) } ?? mask }

  /// What a service says of a task that was in doubt.
  func answer(
    _ response: HTTPResponse, to question: TaskQuestion, token: String?
  ) -> TaskAnswer {
    let pause = RateLimitHeaders.pause(response)
    switch question.isDone(response.status) {
    case true?: return done(response, pause, token)
    case false?:
      return TaskAnswer(
        .undone("not done: status \(response.status)"), status: response.status,
        retryAfter: pause)
    case nil where response.isSuccess:
      return TaskAnswer(
        .refused("status \(response.status), of which `verify` says nothing"),
        status: response.status, retryAfter: pause)
    case nil: return answer(response, token: token)
    }
  }

  private func done(_ response: HTTPResponse, _ pause: Int64?, _ token: String?) -> TaskAnswer {
    var answer = TaskAnswer(.done, status: response.status, retryAfter: pause)
    do throws(Unread) {
      answer.response = try object(response)
    } catch {
      answer.unread = error.reason + (error.says ? ServiceFailure.start(response, mask(token)) : "")
    }
    return answer
  }

  /// Why nothing of a response is read.
  private struct Unread: Error {
    var reason: String
    /// Whether the start of what was said stands behind it.
    var says = false
  }

  /// The part of the body that the columns are read from.
  private func object(_ response: HTTPResponse) throws(Unread) -> [UInt8] {
    guard !decoder.isEmpty, !response.body.isEmpty else { return [] }
    let part = try place(response)
    guard part.count <= Self.limit else {
      throw Unread(reason: "it has \(part.count) bytes, and more than \(Self.limit) are not read")
    }
    return part.count == response.body.count ? response.body : Array(response.body[part])
  }

  private func place(_ response: HTTPResponse) throws(Unread) -> Range<Int> {
    guard let path else { return response.body.indices }
    var finder = JSONFinder(response.body)
    let found: Range<Int>?
    do throws(JSONFinder.Fault) {
      found = try finder.find(path)
    } catch {
      throw Unread(reason: "it is no JSON at byte \(error.position): ", says: true)
    }
    guard let found else {
      throw Unread(reason: "it has nothing at `\(path)`: ", says: true)
    }
    return found
  }

  func read(_ responses: [[UInt8]?]) -> (columns: [Column], unreadable: [Int: String]) {
    decoder.read(responses)
  }
}
