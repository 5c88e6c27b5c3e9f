import Foundation

/// A server that answers whatever it is asked with a text without end, a byte now and then.
public final class TricklingServer: Sendable {
  public var port: UInt16 { listener.port }
  private let listener: LoopbackSocket

  /// `start`: how an answer begins.
  public init(_ start: String, every pause: UInt32) throws {
    let listener = try LoopbackSocket.listening(on: 0)
    self.listener = listener
    Thread.detachNewThread {
      while let peer = listener.accepted() {
        Thread.detachNewThread {
          _ = peer.read(1)
          var sends = peer.write(Array(start.utf8))
          while sends {
            usleep(pause)
            sends = peer.write([UInt8(ascii: "x")])
          }
          peer.close()
        }
      }
      listener.close()
    }
  }

  deinit { listener.shutDown() }
}
