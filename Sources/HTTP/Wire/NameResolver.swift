import Platform

/// The addresses of hosts, kept for a minute. The system's resolver waits for name servers, so it
/// is asked by threads of its own. Used by the loop's thread alone.
final class NameResolver {
  typealias Found = Result<[SocketAddress], ResponseFault>

  /// Nanoseconds for which addresses are believed.
  private static let life: UInt64 = 60_000_000_000
  /// Hosts at most that are kept, and that are looked up at a time.
  private static let capacity = 4_096
  private static let threads = 16

  struct Place: Hashable, Sendable {
    var host: String
    var port: UInt16
  }

  private struct Entry {
    var addresses: [SocketAddress]
    var until: UInt64
  }

  private let loop: HTTPLoop
  private var known: [Place: Entry] = [:]
  private var asked: [Place: [(Found) -> Void]] = [:]
  private var waiting: [Place] = []
  private var running = 0

  init(_ loop: HTTPLoop) { self.loop = loop }

  /// Tells at once, or later on the loop's thread.
  func addresses(_ place: Place, _ now: UInt64, _ tell: @escaping (Found) -> Void) {
    if let entry = known[place], entry.until > now { return tell(.success(entry.addresses)) }
    let number = SocketAddress.resolve(place.host, place.port, isNumber: true)
    if case .success(let addresses) = number { return keep(place, addresses, now, tell) }
    asked[place, default: []].append(tell)
    guard asked[place]?.count == 1 else { return }
    waiting.append(place)
    startWaiting()
  }

  /// The one that answered is tried first the next time.
  func prefer(_ address: SocketAddress, for place: Place) {
    guard var entry = known[place], entry.addresses.first != address,
      let index = entry.addresses.firstIndex(of: address)
    else { return }
    entry.addresses.swapAt(0, index)
    known[place] = entry
  }

  /// None of them took a connection: they are looked up again.
  func forget(_ place: Place) { known[place] = nil }

  func told(_ place: Place, _ found: Found, _ now: UInt64) {
    running -= 1
    let waiters = asked.removeValue(forKey: place) ?? []
    if case .success(let addresses) = found { keep(place, addresses, now) { _ in } }
    startWaiting()
    for tell in waiters { tell(found) }
  }

  private func keep(
    _ place: Place, _ addresses: [SocketAddress], _ now: UInt64, _ tell: (Found) -> Void
  ) {
    if known.count >= Self.capacity { known = known.filter { $0.value.until > now } }
    if known.count < Self.capacity {
      known[place] = Entry(addresses: addresses, until: now &+ Self.life)
    }
    tell(.success(addresses))
  }

  private func startWaiting() {
    while running < Self.threads, !waiting.isEmpty {
      let place = waiting.removeFirst()
      running += 1
      let loop = loop
      let thread = SystemThread(name: "raudal-names", detached: true) {
        loop.submit(.resolved(place, SocketAddress.resolve(place.host, place.port)))
      }
      guard thread == nil else { continue }
      loop.submit(
        .resolved(
          place, .failure(ResponseFault(.notResolved, "the system has no room for a thread"))))
    }
  }
}
