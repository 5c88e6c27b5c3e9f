/// What is wrong with an answer.
package struct ResponseFault: Error {
  package let kind: HTTPError.Kind
  let text: String

  init(_ kind: HTTPError.Kind, _ text: String) {
    self.kind = kind
    self.text = text
  }

  static func garbage(_ text: String) -> ResponseFault { ResponseFault(.garbage, text) }
}
