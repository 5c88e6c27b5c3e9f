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
  /// Answers of this turn that nobody was told yet.
  private var answers: [(QueuedRequest, Result<HTTPResponse, HTTPError>)] = []

  init(_ epoll: Int32, _ resolver: NameResolver) {
    self.epoll = epoll
    self.resolver = resolver
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

  /// It is told with the others of the turn. Who asks wakes up for the first of them, and would
  /// find it alone if the others were read meanwhile.
  func tell(_ request: QueuedRequest, _ answer: Result<HTTPResponse, HTTPError>) {
    answers.append((request, answer))
  }

  func tellAll() {
    for (request, answer) in answers { request.done(answer) }
    answers.removeAll(keepingCapacity: true)
  }

  /// The kernel was asked what is ready.
  func beginTurn(at time: UInt64 = MonotonicTime.now()) {
    turn += 1
    now = time
  }
}
