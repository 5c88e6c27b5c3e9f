import Foundation
import Glibc

/// A blocking TCP socket on 127.0.0.1.
struct LoopbackSocket: Sendable {
  let descriptor: Int32
  let port: UInt16

  /// Port 0: any free one.
  static func listening(on port: UInt16) throws -> LoopbackSocket {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var yes: Int32 = 1
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
    var address = loopback(port)
    let size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let bound = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, size) }
    }
    guard bound == 0, listen(descriptor, 64) == 0 else {
      Glibc.close(descriptor)
      throw Broker.Failure("port \(port) cannot be listened on: errno \(errno)")
    }
    var length = size
    _ = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        getsockname(descriptor, $0, &length)
      }
    }
    return LoopbackSocket(descriptor: descriptor, port: UInt16(bigEndian: address.sin_port))
  }

  static func connected(to port: UInt16) -> LoopbackSocket? {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = loopback(port)
    let size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let result = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, size) }
    }
    guard result == 0 else {
      Glibc.close(descriptor)
      return nil
    }
    return LoopbackSocket(descriptor: descriptor, port: port)
  }

  /// nil when the socket was closed.
  func accepted() -> LoopbackSocket? {
    let peer = accept(descriptor, nil, nil)
    return peer < 0 ? nil : LoopbackSocket(descriptor: peer, port: port)
  }

  /// Ends both directions, so that threads blocked in it return. Safe to call twice.
  func shutDown() { shutdown(descriptor, Int32(SHUT_RDWR)) }

  /// The other side reads to the end of what was written.
  func endWriting() { shutdown(descriptor, Int32(SHUT_WR)) }

  func close() { Glibc.close(descriptor) }

  /// Exactly `count` bytes; nil at the end.
  func read(_ count: Int) -> [UInt8]? {
    var bytes = [UInt8](repeating: 0, count: count)
    var have = 0
    while have < count {
      let got = bytes.withUnsafeMutableBytes {
        recv(descriptor, $0.baseAddress! + have, count - have, 0)
      }
      guard got > 0 else { return nil }
      have += got
    }
    return bytes
  }

  func write(_ bytes: [UInt8]) -> Bool {
    var sent = 0
    while sent < bytes.count {
      let wrote = bytes.withUnsafeBytes {
        send(descriptor, $0.baseAddress! + sent, bytes.count - sent, Int32(MSG_NOSIGNAL))
      }
      guard wrote > 0 else { return false }
      sent += wrote
    }
    return true
  }

  private static func loopback(_ port: UInt16) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    return address
  }
}
