import FoundationEssentials

/// What a token endpoint answers.
struct OAuthAnswer: Sendable {
  /// Where the server does not say how long a token counts.
  static let usualSeconds: Int64 = 300

  var token: String
  var seconds: Int64

  private struct Members: Decodable {
    var access_token: String?
    var expires_in: Expiry?
    var error: String?
    var error_description: String?
  }

  /// A number, which some servers write as text.
  private struct Expiry: Decodable {
    var seconds: Double?

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      seconds = try? container.decode(Double.self)
      if seconds == nil { seconds = Double(try container.decode(String.self)) }
    }
  }

  static func read(_ response: HTTPResponse, _ url: String) -> Result<OAuthAnswer, HTTPError> {
    let members = try? JSONDecoder().decode(Members.self, from: Data(response.body))
    let words = [members?.error, members?.error_description].compactMap(\.self)
    let place = QueuedRequest.place(url)
    guard response.isSuccess, let token = members?.access_token, !token.isEmpty else {
      let said = words.isEmpty ? "" : " (\(ForeignText.start(words.joined(separator: ": ").utf8)))"
      let what =
        response.isSuccess ? "an answer without `access_token`" : "status \(response.status)"
      // What the server has against us it has against us later too.
      let isFinal = (400..<500).contains(response.status) && ![408, 429].contains(response.status)
      return .failure(
        HTTPError(isFinal ? .request : .other, "no token from \(place): \(what)\(said)"))
    }
    guard HTTPHeader("Authorization", token).isSound else {
      return .failure(HTTPError(.garbage, "the token from \(place) holds a line end"))
    }
    // Such a text may be `nan` too.
    let said = members?.expires_in?.seconds
    let seconds = said.flatMap { $0.isFinite ? $0 : nil } ?? Double(usualSeconds)
    return .success(
      OAuthAnswer(token: token, seconds: Int64(min(max(seconds, 1), 31_536_000))))
  }
}
