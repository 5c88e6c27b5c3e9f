/// What the connections of all pools share: which socket is whose, the room that is read into, the
/// addresses of hosts, the time. Used by the loop's thread alone.
final class WireTable {
  /// Bytes that a read takes at most.
  private static let room = 64 << 10

  let epoll: Int32
  let resolver: NameResolver
  let room: UnsafeMutableRawBufferPointer
  /// Monotonic nanoseconds, of this turn of the loop.
  private(set) var now = MonotonicTime.now()
  private var turn = 0
  /// By their sockets, with the turn in which each came.
  private var connections: [(connection: Connection, since: Int)?] = []

  init(_ epoll: Int32, _ loop: HTTPLoop) {
    self.epoll = epoll
    resolver = NameResolver(loop)
    room = .allocate(byteCount: Self.room, alignment: 64)
  }

  deinit { room.deallocate() }

  func add(_ connection: Connection, _ socket: WireSocket) {
    let place = Int(socket.descriptor)
    while connections.count <= place { connections.append(nil) }
    connections[place] = (connection, turn)
  }

  func remove(_ socket: WireSocket) { connections[Int(socket.descriptor)] = nil }

  /// Whether the socket is one of a connection here.
  func ready(_ socket: Int32, _ events: UInt32) -> Bool {
    guard connections.indices.contains(Int(socket)), let entry = connections[Int(socket)]
    else { return false }
    // What the kernel said before it came was of a socket that had its number.
    if entry.since != turn { entry.connection.ready(events) }
    return true
  }

  /// The kernel was asked what is ready.
  func beginTurn() {
    turn += 1
    now = MonotonicTime.now()
  }
}
