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
  /// Those that were wanted and are there, by the names they were wanted by.
  package var headers: [String: String]
  /// Decoded, where it came packed.
  package var body: [UInt8]
  /// 1, or 2.
  package var version: Int

  package var isSuccess: Bool { (200..<300).contains(status) }
}
