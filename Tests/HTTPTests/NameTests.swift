import TestKit
import Testing

@testable import HTTP

@Suite("The addresses of hosts")
struct NameTests {
  /// Who looks up what the test tells.
  private final class Register {
    private(set) var asked: [NameResolver.Place] = []
    private(set) var told: [NameResolver.Found] = []
    private(set) var resolver: NameResolver!

    init() {
      resolver = NameResolver { [unowned self] place in asked.append(place) }
    }

    func ask(_ host: String, at time: UInt64) {
      resolver.addresses(Self.place(host), time) { [unowned self] in told.append($0) }
    }

    static func place(_ host: String) -> NameResolver.Place {
      NameResolver.Place(host: host, port: 80)
    }
  }

  private static let second: UInt64 = 1_000_000_000
  private static let away = ResponseFault(.notResolved, "name servers are away")

  private static func addresses(_ numbers: [String]) throws -> [SocketAddress] {
    try numbers.flatMap { try SocketAddress.resolve($0, 80, isNumber: true).get() }
  }

  @Test func `an address is used while it is looked up again, and not for ever`() throws {
    let register = Register()
    let place = Register.place("a.test")
    register.ask("a.test", at: 0)
    #expect(register.asked.count == 1 && register.told.isEmpty)
    register.resolver.told(place, .success(try Self.addresses(["192.0.2.1"])), 0)
    register.ask("a.test", at: 30 * Self.second)
    #expect(register.asked.count == 1 && register.told.count == 2)
    // Old ones are told at once, and looked up once for all.
    for _ in 0..<3 { register.ask("a.test", at: 61 * Self.second) }
    #expect(register.asked.count == 2 && register.told.count == 5)
    register.resolver.told(place, .failure(Self.away), 70 * Self.second)
    register.ask("a.test", at: 70 * Self.second)
    #expect(register.asked.count == 2 && register.told.count == 6)
    register.ask("a.test", at: 72 * Self.second)
    #expect(register.asked.count == 3 && register.told.count == 7)
    register.resolver.told(place, .failure(Self.away), 80 * Self.second)
    #expect(register.told.allSatisfy { (try? $0.get().count) == 1 })
    // Ten minutes behind their end nobody believes them.
    register.ask("a.test", at: 661 * Self.second)
    #expect(register.asked.count == 4 && register.told.count == 7)
    register.resolver.told(place, .failure(Self.away), 662 * Self.second)
    #expect(register.told.count == 8 && (try? register.told[7].get()) == nil)
  }

  @Test func `addresses that take no connection count only where no others are found`() throws {
    let register = Register()
    let place = Register.place("a.test")
    register.ask("a.test", at: 0)
    register.resolver.told(place, .success(try Self.addresses(["192.0.2.1"])), 0)
    register.resolver.doubt(place)
    register.ask("a.test", at: Self.second)
    #expect(register.asked.count == 2 && register.told.count == 1)
    register.resolver.told(place, .failure(Self.away), 2 * Self.second)
    #expect(register.told.count == 2 && (try? register.told[1].get().count) == 1)
    register.resolver.doubt(place)
    register.ask("a.test", at: 4 * Self.second)
    register.resolver.told(
      place, .success(try Self.addresses(["192.0.2.2", "192.0.2.3"])), 4 * Self.second)
    #expect(register.told.count == 3 && (try? register.told[2].get().count) == 2)
  }

  @Test func `names that nobody finds leave room for others, and the rest waits its turn`() {
    let register = Register()
    for number in 0..<70 { register.ask("host\(number).test", at: 0) }
    #expect(register.asked.count == 64)
    register.resolver.told(Register.place("host3.test"), .failure(Self.away), 0)
    #expect(register.asked.count == 65 && register.asked.last?.host == "host64.test")
  }

  @Test func `the one that answered comes first, and the others stay in their order`() throws {
    let register = Register()
    let all = try Self.addresses(["192.0.2.1", "192.0.2.2", "192.0.2.3"])
    register.ask("a.test", at: 0)
    register.resolver.told(Register.place("a.test"), .success(all), 0)
    register.resolver.prefer(all[1], for: Register.place("a.test"))
    register.ask("a.test", at: 1)
    #expect(try register.told.last?.get() == [all[1], all[2], all[0]])
    // A number is its own address.
    register.ask("192.0.2.9", at: 1)
    #expect(register.asked.count == 1)
    #expect(try register.told.last?.get().count == 1)
  }
}
