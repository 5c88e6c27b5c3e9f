package import HTTP

/// What must hold of reading any bytes as an HTTP response; an oracle for properties and fuzzing.
///
/// The first byte says whether a body is wanted and whether the connection ends behind the bytes,
/// the second the size of the pieces that they come in.
package enum HTTPInvariants {
  package static let bodyLimit = 8 << 10
  package static let headerLimit = 2 << 10

  /// How a response was read.
  package enum Outcome: Equatable {
    /// `taken`: so many bytes were its.
    case whole(
      status: Int, headers: HTTPFields = [:], body: [UInt8], staysOpen: Bool, taken: Int)
    case unfinished
    case failed(HTTPError.Kind)

    package var withoutHeaders: Outcome {
      guard case .whole(let status, _, let body, let staysOpen, let taken) = self else {
        return self
      }
      return .whole(status: status, body: body, staysOpen: staysOpen, taken: taken)
    }
  }

  /// Nil if all is well.
  package static func complaint(about bytes: [UInt8]) -> String? {
    guard bytes.count >= 2 else { return nil }
    let (wantsBody, ends) = (bytes[0] & 1 == 0, bytes[0] & 2 == 0)
    let answer = Array(bytes.dropFirst(2))
    let whole = read([answer], wantsBody: wantsBody, ends: ends)
    if case .whole(let status, _, let body, _, let taken) = whole {
      guard (200...999).contains(status) else { return "status \(status)" }
      guard body.count <= bodyLimit else { return "\(body.count) bytes of a body" }
      guard taken <= answer.count else { return "\(taken) bytes taken of \(answer.count)" }
    }
    let size = 1 + Int(bytes[1])
    let pieces = stride(from: 0, to: answer.count, by: size).map {
      Array(answer[$0..<min($0 + size, answer.count)])
    }
    let parted = read(pieces, wantsBody: wantsBody, ends: ends)
    return parted == whole ? nil : "in pieces of \(size): \(parted) instead of \(whole)"
  }

  /// `ends`: the connection does, behind the last piece.
  package static func read(_ pieces: [[UInt8]], wantsBody: Bool, ends: Bool) -> Outcome {
    var reader = ResponseReader(bodyLimit: bodyLimit, headerLimit: headerLimit)
    reader.begin(wantsBody: wantsBody)
    var taken = 0
    do throws(ResponseFault) {
      for piece in pieces where !reader.isWhole {
        taken += try piece.withUnsafeBufferPointer { (bytes) throws(ResponseFault) in
          try reader.take(UnsafeRawBufferPointer(bytes))
        }
      }
      if ends { try reader.end() }
      guard reader.isWhole else { return .unfinished }
      let staysOpen = reader.staysOpen
      let response = try reader.response()
      return .whole(
        status: response.status, headers: response.headers, body: response.body,
        staysOpen: staysOpen, taken: taken)
    } catch {
      return .failed(error.kind)
    }
  }
}
