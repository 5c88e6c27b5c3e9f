import Foundation
import TestKit
import Testing

/// A whole run over an encrypted connection with a login, its password a secret.
struct SecuredRunTests {
  private static let password = "s3cret-pa55word"

  @Test(.enabled(if: Broker.startsOwn, "the broker is not ours to cut off"))
  func `a definition runs with TLS and a login, and a wrong password is told, not shown`()
    throws
  {
    let broker = try Broker.shared()
    let authority = try Authority("raudal-test")
    let proxy = try SecureProxy(
      before: broker, certificate: authority.identity("localhost"),
      login: SecureProxy.Login(["SCRAM-SHA-512"], user: "ana", password: Self.password))
    defer { proxy.stop() }
    let name = "s\(UUID().uuidString.prefix(8).lowercased())"
    try makeTopics(name, broker)
    let place = try Workplace()
    try place.write("p.raudal", definition(name, proxy, authority))
    let wrong = try run(place, "wrong-pa55word")
    #expect(wrong.status == 1)
    for words in ["user `ana`", "SCRAM-SHA-512", "`sasl:`"] {
      #expect(wrong.errors.contains(words), "\(wrong.errors)")
    }
    #expect(!(wrong.errors + wrong.output).contains("pa55word"))
    let right = try run(place, Self.password)
    #expect(right.status == 0, "\(right.errors)")
    #expect(!(right.errors + right.output).contains("pa55word"))
    #expect(try place.lines("rows").count == 500)
  }

  private func makeTopics(_ name: String, _ broker: Broker) throws {
    for topic in ["in-\(name)", "out-\(name)"] {
      let made = try Commands.run(
        Commands.raudal,
        [
          "generate", "ad-events", "--count", topic.hasPrefix("in") ? "500" : "0", "--to", "kafka",
          "--topic", topic, "--rate", "0",
        ], environment: ["KAFKA_BROKERS": broker.address])
      #expect(made.status == 0, "\(made.errors)")
    }
  }

  private func definition(
    _ name: String, _ proxy: SecureProxy, _ authority: Authority
  ) -> String {
    """
    pipeline \(name)
    settings {
      kafka: {
        brokers: "\(proxy.address)", tls: { ca: "\(authority.certificate)" }
        sasl: { mechanism: scram_sha_512, username: "ana", password: secret("KAFKA_PASSWORD") }
      }
    }
    type Event { user_id: string }
    source events: Event from kafka { topic: "in-\(name)", on_error: fail }
    sink events to kafka { topic: "out-\(name)", key: user_id }
    sink copy: Event = events to file { path: "rows" }
    """
  }

  private func run(_ place: Workplace, _ password: String) throws -> Commands.Result {
    try Child(
      Commands.raudal,
      ["run", place.path("p.raudal").path, "--state", place.path("state").path, "--stop-at-end"],
      environment: ["KAFKA_PASSWORD": password]
    ).wait(90)
  }
}
