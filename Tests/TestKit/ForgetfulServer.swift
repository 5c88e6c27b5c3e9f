import Foundation
import Synchronization

/// An HTTP server that answers the first request of each connection and ends the connection when it
/// has read the next, without a word: as one does that dies, or that had no time left for it.
public final class ForgetfulServer: Sendable {
  private final class Log: Sendable {
    let methods = Mutex<[String]>([])
  }

  public var port: UInt16 { listener.port }
  private let listener: LoopbackSocket
  private let log = Log()

  public init() throws {
    let listener = try LoopbackSocket.listening(on: 0)
    self.listener = listener
    Thread.detachNewThread { [log] in
      while let peer = listener.accepted() {
        Thread.detachNewThread {
          if Self.read(peer, log) {
            _ = peer.write(Array("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok".utf8))
            _ = Self.read(peer, log)
          }
          peer.close()
        }
      }
      listener.close()
    }
  }

  deinit { listener.shutDown() }

  /// Of all requests that it read, in their order.
  public var methods: [String] { log.methods.withLock { $0 } }

  /// A request with its body; whether there was one.
  private static func read(_ peer: LoopbackSocket, _ log: Log) -> Bool {
    var head: [UInt8] = []
    while !head.suffix(4).elementsEqual("\r\n\r\n".utf8) {
      guard let byte = peer.read(1) else { return false }
      head += byte
    }
    let lines = String(decoding: head, as: UTF8.self).split(separator: "\r\n")
    let length = lines.first { $0.hasPrefix("Content-Length: ") }?.dropFirst(16)
    guard peer.read(length.flatMap { Int($0) } ?? 0) != nil else { return false }
    log.methods.withLock { $0.append(String(lines.first?.prefix { $0 != " " } ?? "")) }
    return true
  }
}
