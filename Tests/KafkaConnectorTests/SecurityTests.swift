import CRdKafka
import Connectors
import Foundation
import KafkaConnector
import Synchronization
import TestKit
import Testing

/// Encrypted connections and logins, as a definition asks for them, before a proxy that demands
/// them: the stand-in broker knows neither.
struct SecurityTests {
  private static let user = "ana,=maría"
  private static let password = "s3cret-pa55word"

  private func login(_ mechanisms: [String]) -> SecureProxy.Login {
    SecureProxy.Login(mechanisms, user: Self.user, password: Self.password)
  }

  private func sasl(_ mechanism: String, _ password: String = SecurityTests.password)
    -> ResolvedValue
  {
    .object([
      "mechanism": .text(mechanism), "username": .text(Self.user), "password": .text(password),
    ])
  }

  /// Writes in and out of a transaction and reads both back, all of it by these options.
  private func exchange(_ scene: Scene, _ options: [String: ResolvedValue]) throws {
    let topic = try scene.topic("secure-\(UUID().uuidString.prefix(4))")
    let configuration = try ClientConfiguration(
      ResolvedOptions(options), place: "settings")
    let producer = try TestProducer(configuration, lanes: scene.environment.lanes)
    try producer.send(topic, "plain", key: "k")
    try producer.flush()
    let cluster = KafkaCluster(
      configuration: configuration, markerTopic: topic, environment: scene.environment)
    let transactional = try cluster.makeProducer(turn: 0)
    defer { transactional.destroy() }
    try transactional.begin()
    #expect(outgoing(topic, "exact") { transactional.produce($0) } == .queued)
    try transactional.commit(TransactionTests.marker(1))
    #expect(try cluster.readMarker() == TransactionTests.marker(1))
    let source = try scene.source(options.merging(["topic": .text(topic)]) { $1 })
    let drive = try SourceDrive(source)
    try drive.addAll(fixEnds: true)
    try drive.run { !drive.ended.isEmpty }
    #expect(drive.records.map(\.value) == ["plain", "exact"])
  }

  /// What a source says that cannot connect, long before its patience is over.
  private func refusal(
    _ scene: Scene, _ options: [String: ResolvedValue]
  ) throws -> ConnectorError? {
    let source = try scene.source(options.merging(["topic": .text("any")]) { $1 })
    let began = Date()
    let error = #expect(throws: ConnectorError.self) { try source.partitions(fixEnds: false) }
    #expect(error?.kind == .configuration, "\(String(describing: error))")
    #expect(Date().timeIntervalSince(began) < 50)
    return error
  }

  @Test(.enabled(if: Broker.startsOwn, "the broker is not ours to cut off"))
  func `an encrypted connection trusts the authority that the definition names`() throws {
    let scene = try Scene()
    let authority = try Authority("raudal-test")
    let proxy = try SecureProxy(
      before: scene.broker, certificate: authority.identity("localhost"))
    defer { proxy.stop() }
    let brokers = ResolvedValue.text(proxy.address)
    try exchange(
      scene, ["brokers": brokers, "tls": .object(["ca": .text(authority.certificate)])])
    try exchange(scene, ["brokers": brokers, "tls": .object(["verify": .bool(false)])])
    let other = try Authority("raudal-other")
    for tls in [ResolvedValue.object(["ca": .text(other.certificate)]), .bool(true)] {
      let error = try refusal(scene, ["brokers": brokers, "tls": tls])
      for words in ["certificate verify failed", "tls: { ca:", proxy.address] {
        #expect(error?.message.contains(words) == true, "\(String(describing: error))")
      }
    }
  }

  @Test(.enabled(if: Broker.startsOwn, "the broker is not ours to cut off"))
  func `a certificate of another name is refused`() throws {
    let scene = try Scene()
    let authority = try Authority("raudal-test")
    let proxy = try SecureProxy(
      before: scene.broker, certificate: authority.identity("elsewhere.example"))
    defer { proxy.stop() }
    let error = try refusal(
      scene,
      [
        "brokers": .text(proxy.address), "tls": .object(["ca": .text(authority.certificate)]),
      ])
    #expect(
      error?.message.contains("the name that the certificate is made for") == true,
      "\(String(describing: error))")
  }

  @Test(.enabled(if: Broker.startsOwn, "the broker is not ours to cut off"))
  func `a client shows its own certificate where the broker asks for it`() throws {
    let scene = try Scene()
    let authority = try Authority("raudal-test")
    let proxy = try SecureProxy(
      before: scene.broker, certificate: authority.identity("localhost"),
      clientAuthority: authority)
    defer { proxy.stop() }
    let brokers = ResolvedValue.text(proxy.address)
    func tls(_ own: Authority.Identity?, _ password: String? = nil) -> ResolvedValue {
      var options: [String: ResolvedValue] = ["ca": .text(authority.certificate)]
      options["certificate"] = own.map { .text($0.certificate) }
      options["key"] = own.map { .text($0.key) }
      options["key_password"] = password.map { .text($0) }
      return .object(options)
    }
    try exchange(scene, ["brokers": brokers, "tls": tls(authority.identity("raudal"))])
    let locked = try authority.identity("raudal", password: Self.password)
    try exchange(scene, ["brokers": brokers, "tls": tls(locked, Self.password)])
    let missing = try refusal(scene, ["brokers": brokers, "tls": tls(nil)])
    #expect(
      missing?.message.contains("`certificate` and `key`") == true,
      "\(String(describing: missing))")
    // The authority's folder holds what it has signed.
    let other = try Authority("raudal-other")
    _ = try refusal(scene, ["brokers": brokers, "tls": tls(other.identity("raudal"))])
    let wrong = #expect(throws: ConnectorError.self) {
      try exchange(scene, ["brokers": brokers, "tls": tls(locked, "wrong-pa55word")])
    }
    #expect(wrong?.kind == .configuration && wrong?.message.contains("wrong-pa55word") == false)
  }

  @Test(
    .enabled(if: Broker.startsOwn, "the broker is not ours to cut off"),
    arguments: ["plain", "scram_sha_256", "scram_sha_512"], [false, true])
  func `a name and a password let in, and wrong ones are told without the password`(
    mechanism: String, isEncrypted: Bool
  ) throws {
    let scene = try Scene()
    let authority = try Authority("raudal-test")
    let wire = mechanism.uppercased().replacing("_", with: "-")
    let proxy = try SecureProxy(
      before: scene.broker,
      certificate: isEncrypted ? authority.identity("localhost") : nil, login: login([wire]))
    defer { proxy.stop() }
    var options: [String: ResolvedValue] = ["brokers": .text(proxy.address)]
    if isEncrypted { options["tls"] = .object(["ca": .text(authority.certificate)]) }
    options["sasl"] = sasl(mechanism)
    try exchange(scene, options)
    options["sasl"] = sasl(mechanism, "wrong-pa55word")
    let wrong = try refusal(scene, options)
    for words in [Self.user, wire, proxy.address, "`sasl:`"] {
      #expect(wrong?.message.contains(words) == true, "\(String(describing: wrong))")
    }
    #expect(wrong?.message.contains("pa55word") == false)
    let other = mechanism == "plain" ? "scram_sha_256" : "plain"
    options["sasl"] = sasl(other)
    let unknown = try refusal(scene, options)
    #expect(unknown?.message.contains("`sasl:`") == true, "\(String(describing: unknown))")
  }

  @Test func `a certificate's path is relative to the definition`() throws {
    let folder = FileManager.default.temporaryDirectory
      .appending(path: "raudal-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try Data("x".utf8).write(to: folder.appending(path: "ca.pem"))
    let options = ResolvedOptions([
      "brokers": .text("localhost:1"), "tls": .object(["ca": .text("ca.pem")]),
    ])
    let configuration = try ClientConfiguration(
      options, place: "settings", directory: folder.path)
    #expect(configuration.entries["ssl.ca.location"] == "\(folder.path)/ca.pem")
    let missing = #expect(throws: ConnectorError.self) {
      try ClientConfiguration(options, place: "settings", directory: "/nowhere")
    }
    #expect(missing?.message.contains("where the definition is") == true, "\(missing as Any)")
  }

  /// What is told while nobody answers, and what the wait comes to.
  private func silence(
    _ scene: Scene, _ options: [String: ResolvedValue]
  ) throws -> (notices: Scene.Notices, error: ConnectorError?) {
    let configuration = try ClientConfiguration(ResolvedOptions(options), place: "the test")
    let client = try KafkaClient(
      RD_KAFKA_CONSUMER, ClientSettings(configuration, place: "the test"), place: "the test",
      notify: scene.environment.notify)
    let inspection = ClusterInspection(
      client, place: "the test", clock: SystemClock(), patience: 3_000_000)
    let error = #expect(throws: ConnectorError.self) { try inspection.partitionCounts(nil) }
    return (scene.notices, error)
  }

  @Test(.enabled(if: Broker.startsOwn, "the broker is not ours to cut off"))
  func `TLS at a port without it is told with what to write`() throws {
    let scene = try Scene()
    let (notices, error) = try silence(
      scene, ["brokers": .text(scene.brokers), "tls": .bool(true)])
    #expect(error?.kind == .unreachable)
    for words in ["SSL_HANDSHAKE", "with TLS", "leave out `tls:`", "security.protocol"] {
      #expect(error?.message.contains(words) == true, "\(String(describing: error))")
      #expect(notices.contain(words), "\(notices.lines.withLock { $0 })")
    }
  }

  @Test(.enabled(if: Broker.startsOwn, "the broker is not ours to cut off"))
  func `a port that wants TLS is told with what to write`() throws {
    let scene = try Scene()
    let authority = try Authority("raudal-test")
    let proxy = try SecureProxy(
      before: scene.broker, certificate: authority.identity("localhost"))
    defer { proxy.stop() }
    let (notices, error) = try silence(scene, ["brokers": .text(proxy.address)])
    #expect(error?.kind == .unreachable)
    for words in ["ApiVersion", "without TLS", "write `tls:`", "security.protocol"] {
      #expect(error?.message.contains(words) == true, "\(String(describing: error))")
      #expect(notices.contain(words), "\(notices.lines.withLock { $0 })")
    }
  }
}
