import Foundation

/// An editor, as the language server sees it: the real program behind two pipes.
final class EditorClient {
  typealias Message = [String: Any]

  private let process = Process()
  private let input = Pipe()
  private let output = Pipe()
  private var buffer = Data()
  private var lastID = 0
  /// Messages that came while another one was waited for.
  private var notifications: [Message] = []

  init() throws {
    process.executableURL = Commands.raudal
    process.arguments = ["lsp"]
    process.standardInput = input
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.run()
  }

  deinit { if process.isRunning { process.terminate() } }

  func send(raw bytes: Data) { try? input.fileHandleForWriting.write(contentsOf: bytes) }

  func send(_ message: Message) throws {
    let body = try JSONSerialization.data(withJSONObject: message)
    send(raw: Data("Content-Length: \(body.count)\r\n\r\n".utf8) + body)
  }

  func notify(_ method: String, _ parameters: Message) throws {
    try send(["jsonrpc": "2.0", "method": method, "params": parameters])
  }

  /// The whole answer.
  func ask(_ method: String, _ parameters: Message = [:]) throws -> Message {
    lastID += 1
    let id = lastID
    try send(["jsonrpc": "2.0", "id": id, "method": method, "params": parameters])
    while true {
      let message = try receive()
      if message["id"] as? Int == id { return message }
      notifications.append(message)
    }
  }

  /// The next message that is no answer.
  func nextNotification() throws -> Message {
    notifications.isEmpty ? try receive() : notifications.removeFirst()
  }

  /// The next message of any kind.
  func receive() throws -> Message {
    while true {
      if let message = try take() { return message }
      let bytes = output.fileHandleForReading.availableData
      guard !bytes.isEmpty else { throw Commands.Failure("the server is gone") }
      buffer += bytes
    }
  }

  private func take() throws -> Message? {
    guard let end = buffer.range(of: Data("\r\n\r\n".utf8)) else { return nil }
    let header = String(decoding: buffer[..<end.lowerBound], as: UTF8.self)
    guard header.hasPrefix("Content-Length: "), let count = Int(header.dropFirst(16)) else {
      throw Commands.Failure("a bad header: \(header)")
    }
    guard buffer.distance(from: end.upperBound, to: buffer.endIndex) >= count else { return nil }
    let body = buffer[end.upperBound..<end.upperBound + count]
    buffer = Data(buffer[(end.upperBound + count)...])
    return try JSONSerialization.jsonObject(with: body) as? Message
  }

  /// The exit status after `shutdown` and `exit`.
  func end() throws -> Int32 {
    _ = try ask("shutdown")
    try notify("exit", [:])
    process.waitUntilExit()
    return process.terminationStatus
  }

  /// The exit status once the input has ended.
  func hangUp() throws -> Int32 {
    try input.fileHandleForWriting.close()
    process.waitUntilExit()
    return process.terminationStatus
  }
}
