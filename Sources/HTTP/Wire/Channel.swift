/// What a connection reads from and writes to: its socket, or TLS over it.
struct Channel {
  let socket: WireSocket
  var tls: TLSSession?

  func read(_ room: UnsafeMutableRawBufferPointer) -> WireSocket.Outcome {
    tls?.read(room) ?? socket.read(room)
  }

  func write(_ bytes: UnsafeRawBufferPointer) -> WireSocket.Outcome {
    tls?.write(bytes) ?? socket.write(bytes)
  }

  func end() {
    tls?.end()
    socket.end()
  }
}
