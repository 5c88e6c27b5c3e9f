import Columns
import Connectors
import HTTP
import Plans
import Schemas

/// Makes the calls of `task … using http`: a request for each attempt.
final class HTTPTask: TaskClient {
  private let name: String
  private let template: TaskRequest
  /// How it is asked whether a task was done.
  private let question: TaskQuestion?
  private let response: TaskResponse
  private let client: AuthorizedClient
  private let secrets: [String]

  /// `secrets`: that no answer shows, besides the token.
  init(
    _ spec: TaskSpec, _ template: TaskRequest, _ question: TaskQuestion?,
    _ response: TaskResponse, _ client: AuthorizedClient, secrets: [String]
  ) {
    name = spec.name
    self.secrets = secrets
    self.template = template
    self.question = question
    self.response = response
    self.client = client
  }

  func start() throws(ConnectorError) { try client.start("task `\(name)`") }

  func perform(
    _ attempt: TaskAttempt, _ answer: @escaping @Sendable (TaskAnswer) -> Void
  ) {
    let question = attempt.isQuestion ? question : nil
    do throws(TemplateRefusal) {
      let request = try (question?.request ?? template).request(attempt)
      client.send(
        request,
        told: { [response, secrets] result, sent in
          var told: TaskAnswer
          switch result {
          case .success(let said):
            told =
              question.map { response.answer(said, to: $0, token: sent.token) }
              ?? response.answer(said, token: sent.token)
          // Nobody waits any more.
          case .failure(let error) where error.kind == .closed: return
          case .failure(let error): told = Self.answer(error, hiding: secrets)
          }
          told.calls = max(sent.requests, 1)
          answer(told)
        })
    } catch {
      answer(TaskAnswer(.invalid(error.reason)))
    }
  }

  func read(_ responses: [[UInt8]?]) -> (columns: [Column], unreadable: [Int: String]) {
    response.read(responses)
  }

  func close() { client.close() }

  private static func answer(_ error: HTTPError, hiding secrets: [String]) -> TaskAnswer {
    var error = error
    error.message = SecretMask(secrets).shown(error.message)
    let end: TaskAnswer.End =
      switch error.kind {
      case _ where error.isUnsent: .unreached(error.message)
      case .request: .invalid(error.message)
      // The server was not reached, or was not the one it should be.
      case .notResolved, .refused, .certificate, .encryption: .unreached(error.message)
      case .timedOut: .timedOut(error.message)
      // It answered, and would answer so again.
      case .tooLarge: .refused(error.message)
      case .cutOff, .garbage, .closed, .other: .broken(error.message)
      }
    return TaskAnswer(end, retryAfter: error.retryAfter)
  }
}
