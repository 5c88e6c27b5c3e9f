import Foundation

/// A server of the tests that answers as the end points for many records of Mailchimp, HubSpot and
/// Salesforce do, by their public documentation, keeps the contacts that each has taken, and an
/// account of its calls. See its script.
public final class CRMService: Sendable {
  /// What it says of one of the services.
  public struct Account: Decodable, Sendable {
    /// The contacts that it has, by what the service knows them by.
    public var contacts: [String: Contact]
    /// Calls by the status that they were answered with.
    public var answers: [String: Int]
    /// The most records that a call had.
    public var largest: Int
    /// The most calls under way at a time.
    public var most: Int
    /// Records that were taken, again and again.
    public var written: Int
    /// Calls without the credentials that they need, or in a form that the service does not have.
    public var odd: [String]
  }

  public struct Contact: Decodable, Equatable, Sendable {
    public var email: String
    public var first: String
    public var last: String
    public var state: String?
  }

  private let service: PythonService

  public var url: String { "http://127.0.0.1:\(service.port)" }

  public init() throws { service = try PythonService(Self.script, []) }

  /// By `mailchimp`, `hubspot`, `salesforce`.
  public func accounts() throws -> [String: Account] {
    let (asking, output) = (Process(), Pipe())
    asking.executableURL = URL(filePath: "/usr/bin/env")
    asking.arguments = [
      "python3", "-c",
      "import urllib.request as r; print(r.urlopen('\(url)/account').read().decode())",
    ]
    asking.standardOutput = output
    try asking.run()
    let answer = output.fileHandleForReading.readDataToEndOfFile()
    asking.waitUntilExit()
    return try JSONDecoder().decode([String: Account].self, from: answer)
  }

  public func stop() { service.stop() }
}
