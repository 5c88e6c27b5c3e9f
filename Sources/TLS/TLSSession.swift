internal import COpenSSL

/// By which a server knows us again, so that a connection costs a round trip less.
package final class TLSTicket {
  let session: OpaquePointer

  fileprivate init(_ session: OpaquePointer) { self.session = session }

  deinit { SSL_SESSION_free(session) }
}

/// TLS over the socket of one connection. Used by one thread at a time.
package final class TLSSession {
  private let ssl: OpaquePointer

  /// It is freed with this.
  init(_ ssl: OpaquePointer) { self.ssl = ssl }

  deinit { SSL_free(ssl) }

  /// Says that nothing comes any more; without that the ticket would count for nothing.
  package func end() {
    ERR_clear_error()
    SSL_shutdown(ssl)
  }

  /// `moved`: both know each other.
  package func shakeHands() -> TLSOutcome {
    ERR_clear_error()
    let result = SSL_do_handshake(ssl)
    if result == 1 { return .moved(0) }
    let outcome = outcome(result)
    guard case .failed(let fault) = outcome else { return outcome }
    let flaw = SSL_get_verify_result(ssl)
    guard flaw == Int(X509_V_OK) else {
      return .failed(
        TLSFault(.certificate, String(cString: X509_verify_cert_error_string(flaw))))
    }
    return .failed(TLSFault(.encryption, fault.text))
  }

  /// Whether the server chose HTTP/2.
  package var speaksHTTP2: Bool {
    var name: UnsafePointer<UInt8>?
    var count: UInt32 = 0
    SSL_get0_alpn_selected(ssl, &name, &count)
    return UnsafeBufferPointer(start: name, count: Int(count)).elementsEqual("h2".utf8)
  }

  /// What the server has given by now.
  package var ticket: TLSTicket? {
    guard let session = SSL_get1_session(ssl) else { return nil }
    let ticket = TLSTicket(session)
    return SSL_SESSION_is_resumable(session) == 1 ? ticket : nil
  }

  package func read(_ room: UnsafeMutableRawBufferPointer) -> TLSOutcome {
    ERR_clear_error()
    let count = SSL_read(ssl, room.baseAddress, Int32(clamping: room.count))
    return count > 0 ? .moved(Int(count)) : outcome(count)
  }

  package func write(_ bytes: UnsafeRawBufferPointer) -> TLSOutcome {
    ERR_clear_error()
    let count = SSL_write(ssl, bytes.baseAddress, Int32(clamping: bytes.count))
    return count > 0 ? .moved(Int(count)) : outcome(count)
  }

  private func outcome(_ result: Int32) -> TLSOutcome {
    switch SSL_get_error(ssl, result) {
    case SSL_ERROR_WANT_READ: return .later(writing: false)
    case SSL_ERROR_WANT_WRITE: return .later(writing: true)
    case SSL_ERROR_ZERO_RETURN: return .ended
    default:
      let reason = ERR_reason_error_string(ERR_peek_error()).map { String(cString: $0) }
      return .failed(TLSFault(.cutOff, reason ?? "the connection ended"))
    }
  }
}
