/// A server of models, by OpenAI's API (`/v1`) and the KServe v2 protocol, that answers rightly or
/// wrongly as a model's name says.
public final class ModelService: Sendable {
  private let service: PythonService

  public var port: UInt16 { service.port }
  public var url: String { "http://127.0.0.1:\(port)" }

  /// Port 0: any free one.
  public init(port: UInt16 = 0) throws {
    service = try PythonService(Self.script, ["\(port)"])
  }

  public func stop() { service.stop() }
}
