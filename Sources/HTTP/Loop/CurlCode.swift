import CCurl

/// What libcurl's codes say.
enum CurlCode {
  static func kind(_ code: CURLcode) -> HTTPError.Kind {
    switch code {
    case CURLE_URL_MALFORMAT, CURLE_BAD_FUNCTION_ARGUMENT: .request
    case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY: .notResolved
    case CURLE_COULDNT_CONNECT: .refused
    case CURLE_OPERATION_TIMEDOUT: .timedOut
    case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_ISSUER_ERROR,
      CURLE_SSL_INVALIDCERTSTATUS, CURLE_SSL_PINNEDPUBKEYNOTMATCH:
      .certificate
    case CURLE_SSL_CONNECT_ERROR, CURLE_SSL_ENGINE_INITFAILED, CURLE_SSL_CIPHER,
      CURLE_SSL_CERTPROBLEM, CURLE_USE_SSL_FAILED, CURLE_SSL_CLIENTCERT:
      .encryption
    case CURLE_GOT_NOTHING, CURLE_RECV_ERROR, CURLE_SEND_ERROR, CURLE_PARTIAL_FILE,
      CURLE_HTTP2, CURLE_HTTP2_STREAM:
      .cutOff
    // The scheme is known by then: it is said of a reply without a status line.
    case CURLE_UNSUPPORTED_PROTOCOL, CURLE_WEIRD_SERVER_REPLY, CURLE_BAD_CONTENT_ENCODING,
      CURLE_TOO_MANY_REDIRECTS,
      CURLE_HTTP_RETURNED_ERROR:
      .garbage
    default: .other
    }
  }

  /// Before libcurl's own text.
  static func words(_ code: CURLcode) -> String {
    switch kind(code) {
    case .request: "this cannot be asked: "
    case .notResolved: "the name is not known: "
    case .refused: "nobody answers there: "
    case .timedOut: "there was no answer in time: "
    case .certificate: "its certificate is not right: "
    case .encryption: "no encrypted connection came about: "
    case .cutOff: "the answer was cut off: "
    case .garbage: "the answer is not HTTP: "
    case .tooLarge, .closed, .other: ""
    }
  }
}
