import Foundation
import TestKit
import Testing

/// `Pipelines/crm_sync.raudal` against a server that answers as the services are documented to,
/// with limits, faults and refusals of single records, by a process that is killed in between.
struct CRMSyncTests {
  private static let contacts = 600
  private static let changed = 60

  private static func isBad(_ contact: Int) -> Bool { contact % 50 == 7 }

  private static func row(_ contact: Int, _ first: String, _ second: Int) -> String {
    let place = isBad(contact) ? "bad.invalid" : "A.example"
    let time = String(format: "2026-03-01T10:00:%02dZ", second)
    let address = #""contact_id":"c\#(contact)","email":"C\#(contact)@\#(place)""#
    let names = #""first_name":"\#(first)","last_name":"L""#
    let state = #""is_subscribed":\#(contact % 2 == 0),"changed_at":"\#(time)""#
    return "{\(address),\(names),\(state)}\n"
  }

  /// The shipped definition with files in place of topics, and little time between attempts.
  private static func definition() throws -> String {
    var text = try String(
      contentsOf: Commands.root.appending(path: "Pipelines/crm_sync.raudal"), encoding: .utf8)
    guard let begin = text.range(of: "source contacts"),
      let end = text.range(of: "\n}\n", range: begin.upperBound..<text.endIndex)
    else { throw Commands.Failure("the definition has no source") }
    text.replaceSubrange(
      begin.lowerBound..<end.upperBound,
      with: """
        source contacts: Contact from file {
          path: "in.jsonl", event_time: changed_at, lateness: 5s, on_error: fail
        }

        """)
    for (sink, key) in [("synced", "key"), ("unsynced", "key"), ("late", "contact_id")] {
      text = text.replacing(
        #"kafka { topic: "crm.\#(sink)", format: json, key: \#(key) }"#,
        with: #"file { path: "\#(sink)", format: json }"#)
    }
    text = text.replacing("checkpoint { every: 10s", with: "checkpoint { every: 300ms")
    for slow in ["exponential(1s, max: 5m)", "exponential(2s, max: 10m)"] {
      text = text.replacing(slow, with: "exponential(100ms, max: 1s)")
    }
    return text.contains("kafka {") ? try failure(text) : text
  }

  private static func failure(_ text: String) throws -> String {
    throw Commands.Failure("the definition still reads or writes topics: \(text)")
  }

  private static func start(_ place: Workplace, _ service: CRMService) throws -> Child {
    try Child(
      Commands.raudal,
      [
        "run", place.path("p.raudal").path, "--state", place.path("state").path, "--stop-at-end",
        "--parallelism", "2",
      ],
      environment: [
        "MAILCHIMP_URL": "\(service.url)/3.0/lists/a1b2c3d4e5", "MAILCHIMP_KEY": "key-us1",
        "HUBSPOT_URL": "\(service.url)/crm/v3/objects/contacts/batch/upsert",
        "HUBSPOT_TOKEN": "pat-1",
        "SALESFORCE_URL": "\(service.url)/services/data/v61.0/composite",
        "SALESFORCE_LOGIN": "\(service.url)/services/oauth2/token",
        "SALESFORCE_ID": "id-1", "SALESFORCE_SECRET": "secret-1",
      ])
  }

  private struct Result: Decodable {
    var key: String
    var reason: String?
  }

  private static func results(_ place: Workplace, _ name: String) throws -> [Result] {
    let decoder = JSONDecoder()
    return try place.lines(name).map { try decoder.decode(Result.self, from: Data($0.utf8)) }
  }

  @Test func `contacts come to all three services as they are now, and each refusal is told once`()
    throws
  {
    let (service, place) = (try CRMService(), try Workplace())
    try place.write("p.raudal", try Self.definition())
    let old = (0..<Self.contacts).filter { $0 % 10 == 0 }.map { Self.row($0, "Old", 1) }
    let first = (0..<Self.contacts).map { Self.row($0, "N\($0)", 2 + $0 % 5) }
    let second = (0..<Self.changed).map { Self.row($0, "New", 12) }
    try place.write("in.jsonl", (old + first + second).joined())

    let killed = try Self.start(place, service)
    let begun = killed.until(120) {
      ((try? service.accounts())?["hubspot"]?.answers["429"] ?? 0) > 0
    }
    #expect(begun, "\(killed.errors)")
    killed.signal(SIGKILL)
    killed.wait(30)
    let last = try Self.start(place, service).wait(300)
    #expect(last.status == 0, "\(last.errors)")

    try Self.checkServices(service)
    try Self.checkResults(place)
  }

  private static func checkServices(_ service: CRMService) throws {
    let accounts = try service.accounts()
    for (name, account) in accounts {
      #expect(account.odd.isEmpty, "\(name): \(account.odd)")
      #expect(account.contacts.count == (0..<contacts).count { !isBad($0) }, "\(name)")
      #expect(account.largest <= 100 && account.largest > 50, "\(name): \(account.largest)")
      for contact in 0..<contacts where !isBad(contact) {
        let email = "c\(contact)@a.example"
        let known = account.contacts[name == "salesforce" ? "c\(contact)" : email]
        #expect(known?.email == email && known?.last == "L", "\(name): \(contact)")
        #expect(known?.first == (contact < changed ? "New" : "N\(contact)"), "\(name): \(contact)")
      }
    }
    let mailchimp = try #require(accounts["mailchimp"])
    #expect(Set(mailchimp.answers.keys) == ["200"])
    #expect(mailchimp.contacts["c1@a.example"]?.state == "unsubscribed")
    #expect(mailchimp.contacts["c2@a.example"]?.state == "subscribed")
    let hubspot = try #require(accounts["hubspot"])
    #expect(hubspot.answers["429"] == 2 && hubspot.answers["207"] ?? 0 > 0)
    let salesforce = try #require(accounts["salesforce"])
    #expect(salesforce.answers["403"] == 1 && salesforce.answers["500"] == 1)
    // Tokens end, and are fetched again.
    #expect(salesforce.answers["401"] ?? 0 > 0, "\(salesforce.answers)")
  }

  private static func checkResults(_ place: Workplace) throws {
    let all = Array(0..<contacts) + Array(0..<changed)
    func keys(_ isWanted: (Int) -> Bool) -> [String] {
      all.filter(isWanted).flatMap { contact in
        ["mailchimp", "hubspot", "salesforce"].map { "\($0)/c\(contact)" }
      }.sorted()
    }
    #expect(try results(place, "synced").map(\.key).sorted() == keys { !isBad($0) })
    let refused = try results(place, "unsynced")
    #expect(refused.map(\.key).sorted() == keys(isBad))
    #expect(
      refused.filter { $0.key == "mailchimp/c107" }.map(\.reason)
        == ["c107@bad.invalid looks fake or invalid"])
    #expect(
      refused.filter { $0.key == "hubspot/c107" }.map(\.reason)
        == ["Property values were not valid: email"])
    let salesforce = refused.filter { $0.key == "salesforce/c107" }.map(\.reason)
    #expect(
      salesforce == [
        "INVALID_EMAIL_ADDRESS: Email: invalid email address: c107@bad.invalid"
      ])
    #expect(try place.lines("late").isEmpty)
  }
}
