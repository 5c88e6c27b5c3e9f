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

  init(
    _ spec: TaskSpec, _ template: TaskRequest, _ question: TaskQuestion?,
    _ response: TaskResponse, _ client: AuthorizedClient
  ) {
    name = spec.name
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
      client.send(try (question?.request ?? template).request(attempt)) { [response] result in
        switch result {
        case .success(let said):
          answer(question.map { response.answer(said, to: $0) } ?? response.answer(said))
        // Nobody waits any more.
        case .failure(let error) where error.kind == .closed: break
        case .failure(let error): answer(Self.answer(error))
        }
      }
    } catch {
      answer(TaskAnswer(.invalid(error.reason)))
    }
  }

  func read(_ responses: [[UInt8]?]) -> (columns: [Column], unreadable: [Int: String]) {
    response.read(responses)
  }

  func close() { client.close() }

  private static func answer(_ error: HTTPError) -> TaskAnswer {
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
