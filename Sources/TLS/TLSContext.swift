internal import COpenSSL

/// What connections with TLS share: whose certificates are believed, which we show, and which
/// protocols we speak. Used from any thread.
package final class TLSContext: @unchecked Sendable {
  // The library counts who holds it; nothing of it changes after the start.
  private let context: OpaquePointer
  private let verifies: Bool

  /// - Parameters:
  ///   - ca: a file of authorities' certificates (PEM); nil: the system's.
  ///   - identity: files with our own certificate and its private key (PEM).
  ///   - verifies: whether the server's certificate must be right.
  ///   - protocols: what we speak, best first (ALPN).
  package init(
    ca: String? = nil, identity: (certificate: String, key: String)? = nil, verifies: Bool = true,
    protocols: [String] = []
  ) throws(TLSFault) {
    guard let context = SSL_CTX_new(TLS_client_method()) else {
      throw TLSFault(.other, "there is no memory for TLS")
    }
    self.context = context
    self.verifies = verifies
    raudal_ssl_prepare(context)
    let names = protocols.flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) }
    if !names.isEmpty { SSL_CTX_set_alpn_protos(context, names, UInt32(names.count)) }
    if let identity { try show(identity.certificate, identity.key) }
    SSL_CTX_set_verify(context, verifies ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nil)
    if verifies { try believe(ca) }
  }

  deinit { SSL_CTX_free(context) }

  private func show(_ certificate: String, _ key: String) throws(TLSFault) {
    ERR_clear_error()
    guard SSL_CTX_use_certificate_chain_file(context, certificate) == 1 else {
      throw TLSFault(.certificate, "\(certificate) holds no certificate (PEM)")
    }
    guard SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) == 1 else {
      throw TLSFault(
        .certificate,
        "\(key) holds no private key (PEM, without a passphrase) of \(certificate)")
    }
  }

  private func believe(_ ca: String?) throws(TLSFault) {
    guard let ca else {
      SSL_CTX_set_default_verify_paths(context)
      return
    }
    guard SSL_CTX_load_verify_locations(context, ca, nil) == 1 else {
      throw TLSFault(.certificate, "\(ca) holds no certificates (PEM)")
    }
    // Who names a certificate believes it, whether or not another one stands above it.
    X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(context), UInt(X509_V_FLAG_PARTIAL_CHAIN))
  }

  /// For a connection to that host over a socket that never waits, which the caller closes after
  /// the session's end. `ticket`: of one before.
  package func session(
    over descriptor: Int32, to host: String, _ ticket: TLSTicket? = nil
  ) throws(TLSFault) -> TLSSession {
    guard let ssl = SSL_new(context) else {
      throw TLSFault(.other, "there is no memory for TLS")
    }
    let session = TLSSession(ssl)
    // A dot at its end is the resolver's.
    let name = host.hasSuffix(".") ? String(host.dropLast()) : host
    var isFit = SSL_set_fd(ssl, descriptor) == 1
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
    guard isFit else { throw TLSFault(.encryption, "\(name) is no name for TLS") }
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
