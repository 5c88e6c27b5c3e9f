import Platform

/// The addresses of hosts, kept for a minute, and for some more while they are looked up again. The
/// system's resolver waits for name servers, so it is asked by threads of its own. Used by the
/// loop's thread alone.
final class NameResolver {
  typealias Found = Result<[SocketAddress], ResponseFault>

  /// Nanoseconds for which addresses are believed.
  private static let life: UInt64 = 60_000_000_000
  /// And for which they are used behind that: name servers that are away stop nobody who is known.
  private static let grace: UInt64 = 600_000_000_000
  /// After which an old one that was looked up in vain is looked up again.
  private static let pause: UInt64 = 1_000_000_000
  /// Hosts at most that are kept, and that are looked up at a time.
  private static let capacity = 4_096
  private static let threads = 64

  struct Place: Hashable, Sendable {
    var host: String
    var port: UInt16
  }

  private struct Entry {
    var addresses: [SocketAddress]
    var until: UInt64
    /// No more at all.
    var end: UInt64
    /// None of them took a connection: they count only where nothing else is found.
    var isDoubted = false
  }

  /// Begins to look up; what is found comes by `told`.
  private let lookUp: (Place) -> Void
  private var known: [Place: Entry] = [:]
  private var asked: [Place: [(Found) -> Void]] = [:]
  private var waiting: [Place] = []
  private var running = 0

  init(_ lookUp: @escaping (Place) -> Void) { self.lookUp = lookUp }

  /// By a thread, which tells the loop.
  convenience init(_ loop: HTTPLoop) {
    self.init { place in
      let thread = SystemThread(name: "raudal-names", detached: true) {
        loop.submit(.resolved(place, SocketAddress.resolve(place.host, place.port)))
      }
      guard thread == nil else { return }
      let fault = ResponseFault(.notResolved, "the system has no room for a thread")
      loop.submit(.resolved(place, .failure(fault)))
    }
  }

  /// Tells at once, or later on the loop's thread.
  func addresses(_ place: Place, _ now: UInt64, _ tell: @escaping (Found) -> Void) {
    if let entry = known[place], entry.until > now { return tell(.success(entry.addresses)) }
    let number = SocketAddress.resolve(place.host, place.port, isNumber: true)
    if case .success(let addresses) = number { return keep(place, addresses, now, tell) }
    if let entry = known[place], entry.end > now, !entry.isDoubted {
      ask(place, nil)
      return tell(.success(entry.addresses))
    }
    ask(place, tell)
  }

  /// `tell`: who waits for it, if anybody does.
  private func ask(_ place: Place, _ tell: ((Found) -> Void)?) {
    let isAsked = asked[place] != nil
    asked[place, default: []] += [tell].compactMap(\.self)
    guard !isAsked else { return }
    waiting.append(place)
    startWaiting()
  }

  /// The one that answered is tried first the next time.
  func prefer(_ address: SocketAddress, for place: Place) {
    guard var entry = known[place], entry.addresses.first != address,
      let index = entry.addresses.firstIndex(of: address)
    else { return }
    entry.addresses = Array(entry.addresses[index...] + entry.addresses[..<index])
    known[place] = entry
  }

  /// None of them took a connection: they are looked up again.
  func doubt(_ place: Place) {
    known[place]?.until = 0
    known[place]?.isDoubted = true
  }

  func told(_ place: Place, _ found: Found, _ now: UInt64) {
    running -= 1
    let waiters = asked.removeValue(forKey: place) ?? []
    var found = found
    switch found {
    case .success(let addresses): keep(place, addresses, now) { _ in }
    case .failure:
      guard let entry = known[place], entry.end > now else { break }
      known[place]?.until = min(now &+ Self.pause, entry.end)
      known[place]?.isDoubted = false
      found = .success(entry.addresses)
    }
    startWaiting()
    for tell in waiters { tell(found) }
  }

  private func keep(
    _ place: Place, _ addresses: [SocketAddress], _ now: UInt64, _ tell: (Found) -> Void
  ) {
    if known.count >= Self.capacity { known = known.filter { $0.value.until > now } }
    if known.count < Self.capacity {
      let until = now &+ Self.life
      known[place] = Entry(addresses: addresses, until: until, end: until &+ Self.grace)
    }
    tell(.success(addresses))
  }

  private func startWaiting() {
    while running < Self.threads, !waiting.isEmpty {
      running += 1
      lookUp(waiting.removeFirst())
    }
  }
}
