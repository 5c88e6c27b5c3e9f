/// A header of a request. Names and values hold no line ends.
package struct HTTPHeader: Hashable, Sendable {
  package var name: String
  package var value: String

  package init(_ name: String, _ value: String) {
    self.name = name
    self.value = value
  }

  /// What a header may not hold: whoever could put a line end there could write further headers.
  package var isSound: Bool {
    !name.isEmpty && name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: ":") }
      && value.utf8.allSatisfy { ($0 >= 0x20 && $0 != 0x7F) || $0 == 0x09 }
  }
}

/// What is asked of a server.
package struct HTTPRequest: Sendable {
  /// `GET`, `POST` or any other.
  package var method: String
  /// With its scheme, `http` or `https`, and all that needs it percent-encoded.
  package var url: String
  package var headers: [HTTPHeader]
  package var body: [UInt8]?
  /// Microseconds from when it is handed over until an answer must be there, whole.
  package var timeout: Int64
  /// Headers of the response that are wanted.
  package var wanted: [String]
  /// And of one that is no success.
  package var wantedOfFailures: [String]
  /// Whether it may be sent once more where nobody can know whether it arrived: nothing is done
  /// twice by that. As HTTP says it of the methods (RFC 9110, 9.2.2), if it is not set.
  package var isRepeatable: Bool

  package init(
    _ method: String, _ url: String, headers: [HTTPHeader] = [], body: [UInt8]? = nil,
    timeout: Int64 = 30_000_000, wanted: [String] = [], wantedOfFailures: [String] = []
  ) {
    self.method = method
    self.url = url
    self.headers = headers
    self.body = body
    self.timeout = timeout
    self.wanted = wanted
    self.wantedOfFailures = wantedOfFailures
    isRepeatable =
      switch method {
      case "GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE": true
      default: false
      }
  }

  /// A `GET`.
  package init(
    _ url: String, headers: [HTTPHeader] = [], timeout: Int64 = 30_000_000, wanted: [String] = []
  ) {
    self.init("GET", url, headers: headers, timeout: timeout, wanted: wanted)
  }
}

/// What a server answered, whole.
package struct HTTPResponse: Sendable {
  package var status: Int
  /// At least those that were wanted and are there.
  package var headers: HTTPFields
  /// Decoded, where it came packed.
  package var body: [UInt8]
  /// 1, or 2.
  package var version: Int

  package init(status: Int, headers: HTTPFields, body: [UInt8], version: Int) {
    self.status = status
    self.headers = headers
    self.body = body
    self.version = version
  }

  package var isSuccess: Bool { (200..<300).contains(status) }
}
