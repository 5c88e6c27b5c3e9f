import Foundation

/// Something that listens where a server should: it answers whatever comes with one text and ends.
public final class ScriptedServer: Sendable {
  public var port: UInt16 { listener.port }
  private let listener: LoopbackSocket

  public init(_ answer: String) throws {
    let listener = try LoopbackSocket.listening(on: 0)
    self.listener = listener
    Thread.detachNewThread {
      while let peer = listener.accepted() {
        _ = peer.read(1)
        _ = peer.write(Array(answer.utf8))
        // What was not read would reset the connection before the answer is there.
        peer.endWriting()
        while peer.read(1) != nil {}
        peer.close()
      }
      listener.close()
    }
  }

  deinit { listener.shutDown() }
}
