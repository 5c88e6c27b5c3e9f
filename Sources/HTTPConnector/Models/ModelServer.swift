import Columns
import Connectors
import HTTP
import Plans
import Platform

/// Why a request to a model's server came to nothing.
struct ServerFailure: Error {
  /// What it may have cost all the same is in it.
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
  /// What its answers are told by, where the definition has named the model's versions.
  let version: String?
  /// The number of that version.
  let number: Int?
  /// Microseconds for all requests that one answer needs.
  let timeout: Int64
  let clock: any Clock
  let price: TokenPrice?
  private let address: String
  private let client: HTTPClient
  private let headers: [HTTPHeader]
  /// Answers are large, and read where nothing else waits for it.
  private let lanes: any BackgroundLanes
  private let lane: LaneName

  /// Microseconds for what a start asks.
  private let startTime: Int64

  /// `price`: nil of a model that costs nothing.
  init(
    _ table: TableSpec, _ options: ResolvedOptions, _ environment: ConnectorEnvironment,
    price: TokenPrice? = nil
  ) throws(ConnectorError) {
    self.price = price
    place = table.place
    (version, number) = (table.versionName, table.version)
    clock = environment.clock
    let lane = "model.\(table.name)" + (table.version.map { ".\($0)" } ?? "")
    (lanes, self.lane) = (environment.lanes, LaneName(lane))
    let policy = table.lookup ?? LookupPolicy()
    timeout = policy.timeout
    startTime = table.hasStandIn ? min(timeout, Self.briefStart) : max(timeout, Self.usualStart)
    let url = PercentEncoding.encodeStrange(try options.requiredText("url", in: place))
    guard var address = HTTPAddress.normalised(url) else {
      throw ConnectorError(
        .configuration, "\(place): `url` begins with neither `http://` nor `https://`")
    }
    while address.hasSuffix("/") { address.removeLast() }
    self.address = address
    // As many as requests may be under way: none should wait for another's connection.
    let most = policy.concurrency.multipliedReportingOverflow(by: max(environment.workers, 1))
    let usual = most.overflow ? Self.mostConnections : min(most.partialValue, Self.mostConnections)
    client = HTTPClient(
      try HTTPSettings(options, environment, connections: usual, in: place))
    var headers = [HTTPHeader].usual(hasBody: true)
    if let key = try options.text("key", in: place), !key.isEmpty {
      let header = HTTPHeader("Authorization", "Bearer \(key)")
      guard header.isSound else {
        throw ConnectorError(.configuration, "\(place): `key` holds a line end")
      }
      headers.append(header)
    }
    self.headers = try RequestHeaders(headers, options, in: place).constant
  }

  private static let mostConnections = 1_024
  /// Microseconds: at least, where a start may wait for an answer, and at most where something
  /// stands in for it.
  private static let (usualStart, briefStart): (Int64, Int64) = (5_000_000, 2_000_000)

  /// When an answer that is asked for now must be there, in monotonic nanoseconds.
  var deadline: UInt64 { clock.monotonic() &+ UInt64(max(timeout, 0)) &* 1_000 }

  /// `path` stands behind the address, with its slash. What is told of a failure names the model.
  /// One thread at a time is told of answers, which may take its time.
  func post(
    _ path: String, _ body: [UInt8], until deadline: UInt64,
    _ told: @escaping @Sendable (Result<HTTPResponse, ServerFailure>) -> Void
  ) {
    var request = HTTPRequest(
      "POST", address + path, headers: headers, body: body, timeout: left(until: deadline),
      wanted: ["content-type"], wantedOfFailures: ServiceFailure.wanted)
    // It answers, and does nothing else.
    request.isRepeatable = true
    send(request, told)
  }

  /// The same of what stands there.
  func get(
    _ path: String, until deadline: UInt64,
    _ told: @escaping @Sendable (Result<HTTPResponse, ServerFailure>) -> Void
  ) {
    var request = HTTPRequest(address + path, headers: headers, timeout: left(until: deadline))
    request.wantedOfFailures = ServiceFailure.wanted
    send(request, told)
  }

  /// In microseconds.
  private func left(until deadline: UInt64) -> Int64 {
    let now = clock.monotonic()
    return deadline > now ? Int64((deadline - now) / 1_000) : 1
  }

  private func send(
    _ request: HTTPRequest,
    _ told: @escaping @Sendable (Result<HTTPResponse, ServerFailure>) -> Void
  ) {
    let said = request.body?.count ?? 0
    client.send(request) { [self] result in
      // Nobody waits any more.
      if case .failure(let error) = result, error.kind == .closed { return }
      lanes.submit(lane) { [self] in told(answer(result, said: said)) }
    }
  }

  private func answer(
    _ result: Result<HTTPResponse, HTTPError>, said bytes: Int
  ) -> Result<HTTPResponse, ServerFailure> {
    switch result {
    case .success(let response) where response.isSuccess: return .success(response)
    case .success(let response):
      return .failure(
        ServerFailure(
          failure: ServiceFailure.of(response, as: place), status: response.status))
    case .failure(let error):
      var failure = LookupFailure(
        "\(place): \(error.message)", isRetriable: error.isRetriable,
        retryAfter: error.retryAfter)
      switch error.kind {
      case _ where error.isUnsent: break
      // It may have worked on an answer, or sent one.
      case .timedOut, .cutOff, .garbage, .tooLarge:
        failure.usage = price?.estimate(said: bytes) ?? ModelUsage()
      default: break
      }
      return .failure(ServerFailure(failure: failure))
    }
  }

  /// Waits for what stands there, at the start.
  func get(_ path: String) throws(ConnectorError) -> HTTPResponse {
    var request = HTTPRequest(address + path, headers: headers, timeout: startTime)
    request.wantedOfFailures = ServiceFailure.wanted
    switch Parker.answer({ [request] in client.send(request, $0) }) {
    case .success(let response): return response
    case .failure(let error): throw ConnectorError(error, place)
    }
  }

  func close() { client.close() }
}
