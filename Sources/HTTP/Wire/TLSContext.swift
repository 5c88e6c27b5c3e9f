import COpenSSL

/// What the connections with TLS of a pool share: whose certificates are believed, and which
/// protocols we speak.
final class TLSContext {
  /// HTTP/2 first: libcurl speaks it, many requests at a time.
  private static let protocols: [UInt8] = [2] + "h2".utf8 + [8] + "http/1.1".utf8

  private let context: OpaquePointer
  private let verifies: Bool

  init(_ settings: HTTPSettings) throws(ResponseFault) {
    guard let context = SSL_CTX_new(TLS_client_method()) else {
      throw ResponseFault(.other, "there is no memory for TLS")
    }
    self.context = context
    verifies = settings.verifies
    raudal_ssl_prepare(context)
    SSL_CTX_set_alpn_protos(context, Self.protocols, UInt32(Self.protocols.count))
    SSL_CTX_set_verify(context, verifies ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nil)
    guard verifies else { return }
    if let ca = settings.ca {
      guard SSL_CTX_load_verify_locations(context, ca, nil) == 1 else {
        throw ResponseFault(.certificate, "\(ca) holds no certificates (PEM)")
      }
    } else {
      SSL_CTX_set_default_verify_paths(context)
    }
  }

  deinit { SSL_CTX_free(context) }

  /// For a connection to that host. `ticket`: of one before.
  func session(
    _ socket: WireSocket, _ host: String, _ ticket: TLSTicket?
  ) throws(ResponseFault) -> TLSSession {
    guard let ssl = SSL_new(context) else {
      throw ResponseFault(.other, "there is no memory for TLS")
    }
    let session = TLSSession(ssl)
    // A dot at its end is the resolver's.
    let name = host.hasSuffix(".") ? String(host.dropLast()) : host
    var isFit = SSL_set_fd(ssl, socket.descriptor) == 1
    if Self.isAddress(name) {
      isFit =
        isFit
        && (!verifies || X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), name) == 1)
    } else {
      SSL_set_hostflags(ssl, UInt32(X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS))
      isFit =
        isFit && raudal_ssl_set_name(ssl, name) == 1
        && (!verifies || SSL_set1_host(ssl, name) == 1)
    }
    guard isFit else { throw ResponseFault(.encryption, "\(name) is no name for TLS") }
    if let ticket { SSL_set_session(ssl, ticket.session) }
    SSL_set_connect_state(ssl)
    return session
  }

  private static func isAddress(_ host: String) -> Bool {
    guard let bytes = a2i_IPADDRESS(host) else { return false }
    ASN1_OCTET_STRING_free(bytes)
    return true
  }
}
