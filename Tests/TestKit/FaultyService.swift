/// An HTTP server of the tests that does what a path says: answers rightly, slowly, wrongly, in
/// part, without an end or never. See its script for the paths.
public final class FaultyService: Sendable {
  private let service: PythonService

  public var port: UInt16 { service.port }
  public var url: String { "http://127.0.0.1:\(port)" }

  /// Port 0: any free one. `seconds`: how long its tokens count.
  public init(port: UInt16 = 0, tokenSeconds seconds: Int = 3_600) throws {
    service = try PythonService(Self.script, ["\(port)", "\(seconds)"])
  }

  public func stop() { service.stop() }
}
