import Foundation

/// A TCP proxy that breaks each connection when so many bytes of the server's have passed.
public final class CuttingProxy: Sendable {
  public var port: UInt16 { listener.port }
  private let listener: LoopbackSocket

  public init(before target: UInt16, after limit: Int) throws {
    let listener = try LoopbackSocket.listening(on: 0)
    self.listener = listener
    Thread.detachNewThread {
      while let client = listener.accepted() {
        guard let server = LoopbackSocket.connected(to: target) else {
          client.close()
          continue
        }
        let ends = DispatchGroup()
        for (from, to, count) in [(client, server, Int.max), (server, client, limit)] {
          ends.enter()
          Thread.detachNewThread {
            var left = count
            while left > 0, let byte = from.read(1), to.write(byte) { left -= 1 }
            from.shutDown()
            to.shutDown()
            ends.leave()
          }
        }
        Thread.detachNewThread {
          ends.wait()
          client.close()
          server.close()
        }
      }
      listener.close()
    }
  }

  deinit { listener.shutDown() }
}
