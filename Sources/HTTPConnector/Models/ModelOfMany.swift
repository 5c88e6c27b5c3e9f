import Columns
import HTTP

/// A model that answers many rows by one request.
protocol ModelOfMany: AnyObject, Sendable {
  var server: ModelServer { get }
  var answers: ModelAnswers { get }
  /// Where it is asked, behind the server's address.
  var path: String { get }

  func body(_ rows: Batch) -> [UInt8]

  /// `said`: bytes of the request.
  func read(
    _ response: HTTPResponse, _ rows: Batch, said: Int
  ) -> Result<LookupAnswer, LookupFailure>
}

extension ModelOfMany {
  /// Of rows that the server will not take together each half is asked again: a row fails only if
  /// it does so alone.
  func send(
    _ rows: Batch, until deadline: UInt64, _ told: @escaping PartedAnswer.Told
  ) {
    let body = body(rows)
    server.post(path, body, until: deadline) { [self] result in
      switch result {
      case .success(let response): told(read(response, rows, said: body.count))
      case .failure(let error) where error.isOfRows && rows.rowCount > 1:
        let half = rows.rowCount / 2
        let whole = PartedAnswer(2, answers.unanswered(), told)
        for part in [Array(0..<half), Array(half..<rows.rowCount)] {
          send(rows.rows(part), until: deadline) { whole.settle(part, $0) }
        }
      case .failure(let error) where error.isOfRows:
        told(.success(answers.unanswered([0: error.failure.reason])))
      case .failure(let error): told(.failure(error.failure))
      }
    }
  }
}

extension Batch {
  /// These rows of it, in their order.
  func rows(_ rows: [Int]) -> Batch { gathered(rows: rows.map { UInt32(truncatingIfNeeded: $0) }) }
}
