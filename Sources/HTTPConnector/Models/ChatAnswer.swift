import Columns
import HTTP
import Plans

/// What a language model said, and what it used for that.
struct ChatAnswer {
  /// The answer's text; nil: it is none that another try would mend.
  var content: [UInt8]?
  /// Why there is none.
  var reason: String
  /// Who answered, where it says so.
  var version: String?
  var usage: ModelUsage

  /// `said`: bytes of the request.
  init(_ response: HTTPResponse, _ price: TokenPrice, said: Int) throws(JSONFinder.Fault) {
    var document = AnswerDocument(response.body)
    version = try document.text(.member("model")).map { String(decoding: $0, as: UTF8.self) }
    let content = try document.text(
      .member("choices"), .element(0), .member("message"), .member("content"))
    usage = try price.usage(in: &document, said: said, answered: content?.count ?? 0)
    let refusal = try document.text(
      .member("choices"), .element(0), .member("message"), .member("refusal"))
    let end = try document.text(.member("choices"), .element(0), .member("finish_reason"))
      .map { String(decoding: $0, as: UTF8.self) }
    reason = ""
    if let refusal, !refusal.isEmpty {
      reason = "it will not answer: \(ForeignText.start(refusal))"
    } else if end == "length" {
      reason =
        "its answer was cut off at the most tokens that it may have (`max_tokens`, "
        + "`max_completion_tokens`)"
    } else if end == "content_filter" {
      reason = "its server filtered the answer"
    } else if let content {
      self.content = Self.bare(content)
    } else {
      reason = "its server's answer holds no message: \(ServiceFailure.start(response))"
    }
  }

  /// Without the fence that some models put around code: three backticks, perhaps with `json`.
  static func bare(_ text: [UInt8]) -> [UInt8] {
    var text = trimmed(text[...])
    let fence = Array("```".utf8)
    guard text.starts(with: fence), let end = text.firstIndex(of: 0x0A) else { return Array(text) }
    text = trimmed(text[(end + 1)...])
    if text.reversed().starts(with: fence) { text = trimmed(text.dropLast(3)) }
    return Array(text)
  }

  private static func trimmed(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    func isSpace(_ byte: UInt8) -> Bool { [0x20, 0x09, 0x0A, 0x0D].contains(byte) }
    var text = text.drop(while: isSpace)
    while let last = text.last, isSpace(last) { text.removeLast() }
    return text
  }
}
