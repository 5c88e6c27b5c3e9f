import Foundation

/// A real nginx on free ports, ended when this process ends.
public final class WebServer {
  public let port: UInt16
  public let securePort: UInt16
  private let folder: URL
  private var guardian: (process: Process, input: Pipe)?

  /// `places`: what stands in the server's block. `identity`: what it shows on the port with TLS,
  /// where it may speak HTTP/2 too.
  public init(
    _ places: String, identity: Authority.Identity? = nil, speaksHTTP2: Bool = true
  ) throws {
    port = try Broker.freePort()
    securePort = try Broker.freePort()
    folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("raudal-web-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let secure =
      identity.map {
        "listen 127.0.0.1:\(securePort) ssl\(speaksHTTP2 ? " http2" : "");"
          + " ssl_certificate \($0.certificate);"
          + " ssl_certificate_key \($0.key);"
      } ?? ""
    let configuration = """
      daemon off; master_process off; pid \(folder.path)/pid; error_log \(folder.path)/errors;
      events { worker_connections 1024; }
      http {
        access_log off; keepalive_requests 1000000; default_type application/json;
        client_body_temp_path \(folder.path)/a; proxy_temp_path \(folder.path)/b;
        fastcgi_temp_path \(folder.path)/c; uwsgi_temp_path \(folder.path)/d;
        scgi_temp_path \(folder.path)/e;
        server {
          listen 127.0.0.1:\(port) backlog=1024; \(secure)
          root \(folder.path);
          \(places)
        }
      }
      """
    try Data(configuration.utf8).write(to: folder.appending(path: "nginx.conf"))
    try start()
  }

  deinit {
    kill()
    try? FileManager.default.removeItem(at: folder)
  }

  public func start() throws {
    let guardian = Process()
    guardian.executableURL = URL(fileURLWithPath: "/bin/bash")
    guardian.arguments = ["-c", Self.guarding, "guardian", folder.path]
    let input = Pipe()
    guardian.standardInput = input
    guardian.standardOutput = FileHandle.nullDevice
    guardian.standardError = FileHandle.nullDevice
    try guardian.run()
    try input.fileHandleForReading.close()
    self.guardian = (guardian, input)
    for _ in 0..<300 {
      if let socket = LoopbackSocket.connected(to: port) {
        socket.close()
        return
      }
      usleep(20_000)
    }
    throw LookupServer.Failure(description: "nginx does not answer on port \(port)")
  }

  private static let guarding = """
    exec 3<&0
    PATH=$PATH:/usr/sbin nginx -p "$1" -c "$1/nginx.conf" 3<&- & server=$!
    read -r <&3
    kill -9 $server
    wait $server
    """

  /// At once, as a crash would.
  public func kill() {
    guard let (process, input) = guardian else { return }
    try? input.fileHandleForWriting.close()
    process.waitUntilExit()
    guardian = nil
  }
}
