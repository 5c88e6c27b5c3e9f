import Columns
import Connectors
import HTTP
import Plans

/// A language model that is asked by OpenAI's API for chats: a request for each row, and another
/// one where the answer is not what is declared.
final class ChatModel: LookupClient {
  private let server: ModelServer
  private let prompt: ChatPrompt
  private let answers: ModelAnswers
  private let price: TokenPrice
  private let purse: TokenPurse
  private let name: String

  init(
    _ model: ModelSpec, _ server: ModelServer, _ purse: TokenPurse, _ options: ResolvedOptions
  ) throws(ConnectorError) {
    self.server = server
    prompt = try ChatPrompt(model, options, in: server.place)
    answers = try ModelAnswers(model, version: server.number, byPlace: false)
    price = TokenPrice(options)
    self.purse = purse
    name = try options.requiredText("model", in: server.place)
  }

  var model: String? { "model: \"\(name)\"" }

  /// Nothing can be asked without a row that does not cost something.
  func start() throws(ConnectorError) {}

  func ask(_ keys: Batch, _ answer: @escaping PartedAnswer.Told) {
    let rows = (0..<keys.rowCount).map { [$0] }
    let bodies = rows.map { prompt.body(keys, $0[0]) }
    let permitted = purse.ask(keys, rows, bytes: bodies.map(\.count), answers.unanswered())
    let whole = PartedAnswer(permitted.parts.count, permitted.rest, answer)
    let deadline = server.deadline
    for part in permitted.parts {
      let row = keys.rows(part.rows)
      send(bodies[part.rows[0]], of: row, until: deadline) { [purse] result in
        purse.settle(part, result)
        whole.settle(part.rows, result)
      }
    }
  }

  func close() {
    server.close()
    purse.close()
  }

  /// `mended`: what a mistake cost that is to be mended.
  private func send(
    _ body: [UInt8], of row: Batch, mended: ModelUsage? = nil, until deadline: UInt64,
    _ told: @escaping PartedAnswer.Told
  ) {
    let before = mended ?? ModelUsage()
    server.post("/chat/completions", body, until: deadline) { [self] result in
      switch result {
      case .success(let response):
        let said = Said(bytes: body.count, isMended: mended != nil, before: before)
        settle(response, row, said, until: deadline, told)
      case .failure(let error) where error.isOfRows:
        var answer = answers.unanswered([0: error.failure.reason])
        answer.usage = before
        told(.success(answer))
      case .failure(let error):
        var failure = error.failure
        failure.usage = before + failure.usage
        told(.failure(failure))
      }
    }
  }

  /// What has been asked of a row.
  private struct Said {
    /// Of the request.
    var bytes: Int
    /// Whether it was to mend a mistake.
    var isMended: Bool
    /// What the mistake cost.
    var before: ModelUsage
  }

  private func settle(
    _ response: HTTPResponse, _ row: Batch, _ asked: Said, until deadline: UInt64,
    _ told: @escaping PartedAnswer.Told
  ) {
    let said: ChatAnswer
    do throws(JSONFinder.Fault) {
      said = try ChatAnswer(response, price, said: asked.bytes)
    } catch {
      var failure = LookupFailure(
        "\(server.place): its server's answer is no JSON: \(ServiceFailure.start(response))",
        isRetriable: false)
      failure.usage =
        asked.before + price.estimate(said: asked.bytes, answered: response.body.count)
      return told(.failure(failure))
    }
    let usage = asked.before + said.usage
    var answer: LookupAnswer
    if let content = said.content {
      answer = answers.answer(row, [content], version: server.version ?? said.version ?? name)
      if let reason = answer.unreadable[0] {
        if !asked.isMended {
          let mistake = ChatPrompt.Mistake(answer: content, reason: reason)
          let body = prompt.body(row, 0, mistake: mistake)
          return send(body, of: row, mended: usage, until: deadline, told)
        }
        answer.unreadable[0] = "\(reason): \(ForeignText.start(content))"
      }
    } else {
      answer = answers.unanswered([0: "\(server.place): \(said.reason)"])
    }
    answer.usage = usage
    told(.success(answer))
  }
}
