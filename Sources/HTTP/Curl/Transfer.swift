import CCurl
import Glibc

/// One request under way; its handle is used again by the next. Used by the loop's thread alone.
final class Transfer {
  let easy: UnsafeMutableRawPointer
  private let settings: HTTPSettings
  private let sockets: SocketWatch
  private let errorText: UnsafeMutablePointer<CChar>
  private(set) var request: QueuedRequest?
  private var body: [UInt8] = []
  private var headerBytes = 0
  private var excess: String?
  /// Whether the request was begun to be sent.
  private var isBegun = false
  /// The headers that the handle has, as libcurl holds them.
  private var headers: [HTTPHeader] = []
  private var headerList: UnsafeMutablePointer<curl_slist>?
  private var hasPlainMethod = true

  init?(_ settings: HTTPSettings, _ sockets: SocketWatch) {
    guard let easy = curl_easy_init() else { return nil }
    self.easy = easy
    self.settings = settings
    self.sockets = sockets
    errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
    errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
    setUp()
    takeBytes()
    refuseToRepeat()
    watchSockets()
  }

  deinit {
    curl_easy_cleanup(easy)
    curl_slist_free_all(headerList)
    errorText.deallocate()
  }

  private func set(_ option: CURLoption, _ value: Int) { raudal_curl_set_long(easy, option, value) }

  private func set(_ option: CURLoption, _ value: String?) {
    raudal_curl_set_text(easy, option, value)
  }

  private func set(_ option: CURLoption, _ value: UnsafeRawPointer?) {
    raudal_curl_set_pointer(easy, option, value)
  }

  private var own: UnsafeMutableRawPointer { Unmanaged.passUnretained(self).toOpaque() }

  /// What holds for every request.
  private func setUp() {
    set(CURLOPT_PRIVATE, own)
    set(CURLOPT_ERRORBUFFER, errorText)
    set(CURLOPT_NOSIGNAL, 1)
    // A name server that says nothing is not waited for when the time is over.
    set(CURLOPT_QUICK_EXIT, 1)
    set(CURLOPT_PROTOCOLS_STR, "http,https")
    set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_2TLS))
    set(CURLOPT_ACCEPT_ENCODING, "gzip, deflate")
    set(CURLOPT_USERAGENT, "raudal")
    // Dots in a path are the definition's, or a key's: whoever encoded them has looked.
    set(CURLOPT_PATH_AS_IS, 1)
    if let ca = settings.ca { set(CURLOPT_CAINFO, ca) }
    raudal_curl_set_size(easy, CURLOPT_MAXFILESIZE_LARGE, Int(settings.bodyLimit))
    switch settings.proxy {
    case .none: set(CURLOPT_PROXY, "")
    case .environment: break
    case .url(let url): set(CURLOPT_PROXY, url)
    }
  }

  private func takeBytes() {
    raudal_curl_set_sink(easy, CURLOPT_WRITEFUNCTION) { bytes, size, count, context in
      guard let bytes, let context else { return 0 }
      let transfer = Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
      return transfer.take(UnsafeRawBufferPointer(start: bytes, count: size * count))
    }
    set(CURLOPT_WRITEDATA, own)
    raudal_curl_set_sink(easy, CURLOPT_HEADERFUNCTION) { _, size, count, context in
      guard let context else { return 0 }
      return Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
        .takeHeader(size * count)
    }
    set(CURLOPT_HEADERDATA, own)
  }

  /// libcurl sends anything once more over another connection, where one that was kept had ended.
  private func refuseToRepeat() {
    raudal_curl_set_begun(easy) { context, _, _, _, _ in
      guard let context else { return CURL_PREREQFUNC_OK }
      let transfer = Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
      defer { transfer.isBegun = true }
      let isRepeatable = transfer.request?.request.isRepeatable ?? true
      return transfer.isBegun && !isRepeatable ? CURL_PREREQFUNC_ABORT : CURL_PREREQFUNC_OK
    }
    set(CURLOPT_PREREQDATA, own)
  }

  private func watchSockets() {
    raudal_curl_set_opened(easy) { context, socket, _ in
      if let context {
        Unmanaged<SocketWatch>.fromOpaque(context).takeUnretainedValue().opened(socket)
      }
      return CURL_SOCKOPT_OK
    }
    set(CURLOPT_SOCKOPTDATA, Unmanaged.passUnretained(sockets).toOpaque())
    raudal_curl_set_closed(easy) { context, socket in
      if let context {
        Unmanaged<SocketWatch>.fromOpaque(context).takeUnretainedValue().closed(socket)
      }
      return 0
    }
    set(CURLOPT_CLOSESOCKETDATA, Unmanaged.passUnretained(sockets).toOpaque())
  }

  func prepare(_ queued: QueuedRequest, _ now: UInt64) {
    let request = queued.request
    self.request = queued
    body = []
    (headerBytes, excess, isBegun) = (0, nil, false)
    errorText[0] = 0
    set(CURLOPT_URL, request.url)
    set(CURLOPT_PIPEWAIT, request.url.hasPrefix("https") ? 1 : 0)
    set(CURLOPT_TIMEOUT_MS, Int(clamping: (queued.deadline - now + 999_999) / 1_000_000))
    setMethod(request)
    setHeaders(request.headers)
  }

  private func setMethod(_ request: HTTPRequest) {
    if let bytes = request.body {
      set(CURLOPT_POST, 1)
      raudal_curl_set_size(easy, CURLOPT_POSTFIELDSIZE_LARGE, bytes.count)
      bytes.withUnsafeBytes { all in
        // Copied by libcurl; of an empty one it wants a place too.
        var nothing: UInt8 = 0
        if let base = all.baseAddress, !all.isEmpty {
          set(CURLOPT_COPYPOSTFIELDS, base)
        } else {
          withUnsafeBytes(of: &nothing) { set(CURLOPT_COPYPOSTFIELDS, $0.baseAddress) }
        }
      }
    } else {
      set(CURLOPT_HTTPGET, 1)
    }
    let isPlain = request.method == (request.body == nil ? "GET" : "POST")
    if !isPlain || !hasPlainMethod {
      set(CURLOPT_CUSTOMREQUEST, isPlain ? nil as String? : request.method)
    }
    hasPlainMethod = isPlain
  }

  private func setHeaders(_ wanted: [HTTPHeader]) {
    guard wanted != headers || headerList == nil else { return }
    var list: UnsafeMutablePointer<curl_slist>?
    for header in wanted {
      // Written so that an empty value is sent, not left out.
      let line =
        header.value.isEmpty ? "\(header.name);" : "\(header.name): \(header.value)"
      list = curl_slist_append(list, line)
    }
    // A body goes at once, without asking whether it may.
    list = curl_slist_append(list, "Expect:")
    set(CURLOPT_HTTPHEADER, list)
    curl_slist_free_all(headerList)
    headerList = list
    headers = wanted
  }

  private func take(_ bytes: UnsafeRawBufferPointer) -> Int {
    guard body.count + bytes.count <= settings.bodyLimit else {
      excess = "the answer is longer than \(settings.bodyLimit) bytes"
      return 0
    }
    body.append(contentsOf: bytes)
    return bytes.count
  }

  private func takeHeader(_ count: Int) -> Int {
    headerBytes += count
    guard headerBytes <= settings.headerLimit else {
      excess = "the answer's headers are longer than \(settings.headerLimit) bytes"
      return 0
    }
    return count
  }

  /// How it ended, and whom to tell.
  func finish(
    _ code: CURLcode
  ) -> ((@Sendable (Result<HTTPResponse, HTTPError>) -> Void)?, Result<HTTPResponse, HTTPError>) {
    defer {
      request = nil
      body = []
    }
    guard code == CURLE_OK else {
      return (request?.done, .failure(error(code, request?.place ?? "the server")))
    }
    let status = raudal_curl_long(easy, CURLINFO_RESPONSE_CODE)
    var found: HTTPFields = [:]
    take(request?.request.wanted ?? [], &found)
    if !(200..<300).contains(status) { take(request?.request.wantedOfFailures ?? [], &found) }
    let version = raudal_curl_long(easy, CURLINFO_HTTP_VERSION)
    let response = HTTPResponse(
      status: status, headers: found, body: body,
      version: version == Int(CURL_HTTP_VERSION_2_0) ? 2 : 1)
    return (request?.done, .success(response))
  }

  private func take(_ names: [String], _ found: inout HTTPFields) {
    for name in names {
      if let value = raudal_curl_header(easy, name) { found.add(name, String(cString: value)) }
    }
  }

  private func error(_ code: CURLcode, _ place: String) -> HTTPError {
    if let excess { return HTTPError(.tooLarge, "\(place): \(excess)") }
    if code == CURLE_FILESIZE_EXCEEDED {
      return HTTPError(
        .tooLarge, "\(place): the answer is longer than \(settings.bodyLimit) bytes")
    }
    if code == CURLE_ABORTED_BY_CALLBACK {
      let text = "the connection ended before an answer came"
      return HTTPError(.cutOff, "\(place): \(HTTPError.Kind.cutOff.words)\(text)")
    }
    let own = String(cString: errorText)
    let text = own.isEmpty ? String(cString: curl_easy_strerror(code)) : own
    let kind = CurlCode.kind(code)
    return HTTPError(kind, "\(place): \(kind.words)\(text)")
  }
}
