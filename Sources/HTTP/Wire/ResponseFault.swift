import TLS

/// What is wrong with an answer.
package struct ResponseFault: Error {
  package let kind: HTTPError.Kind
  let text: String

  init(_ kind: HTTPError.Kind, _ text: String) {
    self.kind = kind
    self.text = text
  }

  init(_ fault: TLSFault) {
    let kind: HTTPError.Kind =
      switch fault.kind {
      case .certificate: .certificate
      case .encryption: .encryption
      case .cutOff: .cutOff
      case .other: .other
      }
    self.init(kind, fault.text)
  }

  static func garbage(_ text: String) -> ResponseFault { ResponseFault(.garbage, text) }
}
