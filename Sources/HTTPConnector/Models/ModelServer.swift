import Columns
import Connectors
import HTTP
import Plans
import Platform
import Synchronization

/// Why a request to a model's server came to nothing.
struct ServerFailure: Error {
  var failure: LookupFailure
  /// Of an answer that says so.
  var status: Int?

  /// Whether the server understood it, and would not take these rows.
  var isOfRows: Bool { status == 400 || status == 413 || status == 422 }
}

/// A server that runs a model, and how it is spoken to.
final class ModelServer: Sendable {
  /// "model `tone`"
  let place: String
  /// Microseconds for all requests that one answer needs.
  let timeout: Int64
  let clock: any Clock
  private let address: String
  private let client: HTTPClient
  private let headers: [HTTPHeader]

  init(
    _ table: TableSpec, _ options: ResolvedOptions, _ environment: ConnectorEnvironment
  ) throws(ConnectorError) {
    place = table.place
    timeout = table.lookup?.timeout ?? LookupPolicy().timeout
    clock = environment.clock
    var address = PercentEncoding.encodeStrange(try options.requiredText("url", in: place))
    guard address.hasPrefix("http://") || address.hasPrefix("https://") else {
      throw ConnectorError(
        .configuration, "\(place): `url` begins with neither `http://` nor `https://`")
    }
    while address.hasSuffix("/") { address.removeLast() }
    self.address = address
    client = HTTPClient(try HTTPSettings(options, environment, in: place))
    var headers = [
      HTTPHeader("Accept", "application/json"), HTTPHeader("Content-Type", "application/json"),
    ]
    if let key = try options.text("key", in: place), !key.isEmpty {
      let header = HTTPHeader("Authorization", "Bearer \(key)")
      guard header.isSound else {
        throw ConnectorError(.configuration, "\(place): `key` holds a line end")
      }
      headers.append(header)
    }
    self.headers = try headers.with(options, in: place)
  }

  /// When an answer that is asked for now must be there, in monotonic nanoseconds.
  var deadline: UInt64 { clock.monotonic() &+ UInt64(max(timeout, 0)) &* 1_000 }

  /// `path` stands behind the address, with its slash. What is told of a failure names the model.
  func post(
    _ path: String, _ body: [UInt8], until deadline: UInt64,
    _ told: @escaping @Sendable (Result<HTTPResponse, ServerFailure>) -> Void
  ) {
    let now = clock.monotonic()
    let left = deadline > now ? Int64((deadline - now) / 1_000) : 1
    let request = HTTPRequest(
      "POST", address + path, headers: headers, body: body, timeout: left,
      wanted: ["content-type"], wantedOfFailures: ServiceFailure.wanted)
    client.send(request) { [place] result in
      switch result {
      case .success(let response) where response.isSuccess: told(.success(response))
      case .success(let response):
        told(
          .failure(
            ServerFailure(
              failure: ServiceFailure.of(response, as: place), status: response.status)))
      // Nobody waits any more.
      case .failure(let error) where error.kind == .closed: break
      case .failure(let error):
        told(
          .failure(
            ServerFailure(
              failure: LookupFailure(
                "\(place): \(error.message)", isRetriable: error.isRetriable,
                retryAfter: error.retryAfter))))
      }
    }
  }

  /// Waits for what stands there.
  func get(_ path: String) throws(ConnectorError) -> HTTPResponse {
    let box = Mutex<Result<HTTPResponse, HTTPError>?>(nil)
    let parker = Parker()
    var request = HTTPRequest(address + path, headers: headers, timeout: max(timeout, 5_000_000))
    request.wantedOfFailures = ServiceFailure.wanted
    client.send(request) { result in
      box.withLock { $0 = result }
      parker.wake()
    }
    while true {
      switch box.withLock({ $0 }) {
      case .success(let response)?: return response
      case .failure(let error)?:
        throw ConnectorError(
          error.isRetriable ? .unreachable : .configuration, "\(place): \(error.message)")
      case nil: parker.wait(nanoseconds: 100_000_000)
      }
    }
  }

  func close() { client.close() }
}
