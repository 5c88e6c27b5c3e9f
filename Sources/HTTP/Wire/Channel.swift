import TLS

/// What a connection reads from and writes to: its socket, or TLS over it.
struct Channel {
  let socket: WireSocket
  var tls: TLSSession?

  func read(_ room: UnsafeMutableRawBufferPointer) -> WireSocket.Outcome {
    if let tls { WireSocket.Outcome(tls.read(room)) } else { socket.read(room) }
  }

  func write(_ bytes: UnsafeRawBufferPointer) -> WireSocket.Outcome {
    if let tls { WireSocket.Outcome(tls.write(bytes)) } else { socket.write(bytes) }
  }

  func end() {
    tls?.end()
    socket.end()
  }
}

extension WireSocket.Outcome {
  /// Readiness of any kind is told once in any case.
  init(_ outcome: TLSOutcome) {
    switch outcome {
    case .moved(let count): self = .moved(count)
    case .later: self = .later
    case .ended: self = .ended
    case .failed(let fault): self = .failed(ResponseFault(fault))
    }
  }
}
