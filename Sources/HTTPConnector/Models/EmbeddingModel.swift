import Columns
import Connectors
import HTTP
import Plans

/// A model that is asked by OpenAI's API for embeddings: texts become lists of numbers, all texts
/// of a call in one request.
final class EmbeddingModel: LookupClient, ModelOfMany {
  let server: ModelServer
  let answers: ModelAnswers
  let path = "/embeddings"
  private let output: String
  private let price: TokenPrice
  private let purse: TokenPurse
  private let name: String

  init(
    _ model: ModelSpec, _ server: ModelServer, _ purse: TokenPurse, _ options: ResolvedOptions
  ) throws(ConnectorError) {
    self.server = server
    answers = try ModelAnswers(model, version: server.number, byPlace: true)
    output = AnswerSchema.quoted(ModelAnswers.member(0))
    price = TokenPrice(options)
    self.purse = purse
    name = try options.requiredText("model", in: server.place)
  }

  var model: String? { "model: \"\(name)\"" }

  /// Nothing can be asked without a row that does not cost something.
  func start() throws(ConnectorError) {}

  func ask(_ keys: Batch, _ answer: @escaping PartedAnswer.Told) {
    let parts = purse.byPayer(keys)
    let bytes = parts.map { part in
      part.reduce(0) { $0 + keys.columns[0].text($1).count }
    }
    let permitted = purse.ask(keys, parts, bytes: bytes, answers.unanswered())
    let whole = PartedAnswer(permitted.parts.count, permitted.rest, answer)
    let deadline = server.deadline
    for part in permitted.parts {
      send(keys.rows(part.rows), until: deadline) { [purse] result in
        purse.settle(part, result)
        whole.settle(part.rows, result)
      }
    }
  }

  func close() {
    server.close()
    purse.close()
  }

  func body(_ rows: Batch) -> [UInt8] {
    let buffer = ByteBuffer(capacity: 256)
    buffer.append(string: "{\"model\":\(AnswerSchema.quoted(name)),\"encoding_format\":\"float\"")
    buffer.append(",\"input\":[")
    for row in 0..<rows.rowCount {
      if row > 0 { buffer.append(",") }
      _ = InputText.writeJSON(rows.columns[0], row, to: buffer)
    }
    buffer.append("]}")
    return Array(buffer.bytes)
  }

  func read(
    _ response: HTTPResponse, _ rows: Batch, said: Int
  ) -> Result<LookupAnswer, LookupFailure> {
    var usage = price.estimate(said: said)
    let reason: String
    do throws(JSONFinder.Fault) {
      var document = AnswerDocument(response.body)
      usage = try price.usage(in: &document, said: said, answered: nil)
      let version = try document.text(.member("model")).map { String(decoding: $0, as: UTF8.self) }
      let vectors = try vectors(&document, count: rows.rowCount)
      if vectors.count == rows.rowCount {
        var answer = answers.answer(rows, vectors, version: server.version ?? version ?? name)
        answer.usage = usage
        return .success(answer)
      }
      reason = "its answer has \(vectors.count) embeddings for \(rows.rowCount) texts"
    } catch {
      reason = "its server's answer is no JSON: \(ServiceFailure.start(response))"
    }
    var failure = LookupFailure("\(server.place): \(reason)", isRetriable: false)
    failure.usage = usage
    return .failure(failure)
  }

  /// An object for each row, in the order of the rows; fewer where some are missing.
  private func vectors(
    _ document: inout AnswerDocument, count: Int
  ) throws(JSONFinder.Fault) -> [[UInt8]] {
    var vectors: [Int64: [UInt8]] = [:]
    for (number, range) in (try document.elements(.member("data")) ?? []).enumerated() {
      var item = AnswerDocument(Array(document.bytes[range]))
      let index = try item.count(.member("index")) ?? Int64(number)
      guard index < count, let vector = try item.raw(.member("embedding")) else { continue }
      vectors[index] = Array("{\(output):".utf8) + vector + Array("}".utf8)
    }
    return (0..<Int64(count)).compactMap { vectors[$0] }
  }
}
