import Foundation
import Glibc
import Synchronization

/// A port that takes connections and never says a word.
public final class SilentPort: Sendable {
  public let address: String
  private let listener: LoopbackSocket

  /// Port 0: any free one.
  public init(port: UInt16 = 0) throws {
    listener = try LoopbackSocket.listening(on: port)
    address = "127.0.0.1:\(listener.port)"
  }

  public func close() { listener.close() }
}

/// A TCP proxy before a broker that can be cut like a cable. In the broker's answers it puts its
/// own port for the broker's, so that clients come back through it.
public final class Proxy: Sendable {
  public let address: String
  private let listener: LoopbackSocket
  private let target: UInt16
  private let state = Mutex(State())

  private struct State {
    var isCut = false
    var isStopped = false
    var sockets: [LoopbackSocket] = []
  }

  public init(before broker: Broker) throws {
    target = broker.port
    listener = try LoopbackSocket.listening(on: 0)
    address = "127.0.0.1:\(listener.port)"
    let accepting = Thread { [self] in
      while let client = listener.accepted() { serve(client) }
    }
    accepting.start()
  }

  /// Breaks all connections and takes no new ones until `mend`.
  public func cut() {
    let broken = state.withLock { state in
      state.isCut = true
      defer { state.sockets = [] }
      return state.sockets
    }
    for socket in broken { socket.shutDown() }
  }

  public func mend() { state.withLock { $0.isCut = false } }

  public func stop() {
    state.withLock { $0.isStopped = true }
    cut()
    listener.shutDown()
  }

  private func serve(_ client: LoopbackSocket) {
    guard !state.withLock({ $0.isCut }), let server = LoopbackSocket.connected(to: target) else {
      client.close()
      return
    }
    let wasCut = state.withLock { state in
      if !state.isCut { state.sockets += [client, server] }
      return state.isCut
    }
    if wasCut {
      client.close()
      server.close()
      return
    }
    let pair = Pair(client: client, server: server, ends: Ends())
    Thread { [self] in
      while let frame = Self.frame(pair.client), pair.server.write(frame) {}
      end(pair)
    }.start()
    Thread { [self] in
      while let frame = Self.frame(pair.server), pair.client.write(rewritten(frame)) {}
      end(pair)
    }.start()
  }

  private struct Pair: Sendable {
    var client: LoopbackSocket
    var server: LoopbackSocket
    var ends: Ends
  }

  private final class Ends: Sendable {
    let count = Mutex(0)
  }

  /// The second direction to end closes the descriptors; until then they must not be reused.
  private func end(_ pair: Pair) {
    pair.client.shutDown()
    pair.server.shutDown()
    let isLast = pair.ends.count.withLock { count in
      count += 1
      return count == 2
    }
    guard isLast else { return }
    state.withLock { state in
      state.sockets.removeAll {
        $0.descriptor == pair.client.descriptor || $0.descriptor == pair.server.descriptor
      }
      pair.client.close()
      pair.server.close()
    }
  }

  /// A request or an answer with its four bytes of length.
  private static func frame(_ socket: LoopbackSocket) -> [UInt8]? {
    guard let head = socket.read(4) else { return nil }
    let size = head.reduce(0) { $0 << 8 | Int($1) }
    guard size <= 1 << 30, let body = socket.read(size) else { return nil }
    return head + body
  }

  /// The broker's address in metadata is its host as text, then the port as four bytes.
  private func rewritten(_ frame: [UInt8]) -> [UInt8] {
    // Only small answers hold addresses; large ones are records.
    guard frame.count < 1 << 16 else { return frame }
    let host = Array("127.0.0.1".utf8)
    let old = [0, 0, UInt8(target >> 8), UInt8(target & 0xFF)]
    let pattern = host + old
    guard frame.count >= pattern.count else { return frame }
    var frame = frame
    for start in 0...(frame.count - pattern.count)
    where frame[start] == pattern[0]
      && frame[start..<(start + pattern.count)].elementsEqual(pattern)
    {
      frame[start + host.count + 2] = UInt8(listener.port >> 8)
      frame[start + host.count + 3] = UInt8(listener.port & 0xFF)
    }
    return frame
  }
}
