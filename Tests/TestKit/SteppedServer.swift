import Foundation
import Glibc

/// A server whose every step the test takes itself, in the order that it wants.
public final class SteppedServer {
  public var port: UInt16 { listener.port }
  private let listener: LoopbackSocket
  private var filler: LoopbackSocket?

  /// `isFull`: nobody's connection comes about, and nobody is told.
  public init(isFull: Bool = false) throws {
    listener = try LoopbackSocket.listening(on: 0)
    guard isFull else { return }
    // The one that fits.
    listen(listener.descriptor, 0)
    filler = LoopbackSocket.connected(to: listener.port)
  }

  deinit {
    listener.close()
    filler?.close()
  }

  /// The next who connected.
  public func accept() throws -> Peer {
    var entry = pollfd(fd: listener.descriptor, events: Int16(POLLIN), revents: 0)
    guard poll(&entry, 1, 20_000) == 1, let socket = listener.accepted() else {
      throw Broker.Failure("nobody connects")
    }
    return Peer(socket)
  }

  /// Who connected to it.
  public final class Peer: Sendable {
    private let socket: LoopbackSocket

    fileprivate init(_ socket: LoopbackSocket) { self.socket = socket }

    deinit { socket.close() }

    /// Whether something came that was not read.
    public var hasInput: Bool {
      var entry = pollfd(fd: socket.descriptor, events: Int16(POLLIN), revents: 0)
      return poll(&entry, 1, 0) == 1
    }

    /// Says so much, and waits until it is in the client's socket.
    public func say(_ text: String) throws {
      var left: Int32 = 0
      guard socket.write(Array(text.utf8)) else { throw Broker.Failure("the client went away") }
      repeat {
        guard ioctl(socket.descriptor, UInt(TIOCOUTQ), &left) == 0 else {
          throw Broker.Failure("the system does not say what was heard")
        }
        if left > 0 { usleep(1_000) }
      } while left > 0
    }

    /// Sends so many bytes as fast as they are taken, on a thread of its own; nil: until the client
    /// is gone.
    public func send(_ count: Int? = nil) {
      Thread.detachNewThread { [self] in
        var left = count ?? .max
        let bytes = [UInt8](repeating: UInt8(ascii: "x"), count: 64 << 10)
        while left > 0, socket.write(Array(bytes.prefix(left))) { left -= min(left, bytes.count) }
      }
    }
  }
}
