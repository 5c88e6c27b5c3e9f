import HTTP
import Platform
import Synchronization

/// Sends and waits, as no room of the engine does.
func ask(_ client: HTTPClient, _ request: HTTPRequest) throws -> HTTPResponse {
  try asAll(client, [request])[0].get()
}

/// All at once; the answers in the requests' order.
func asAll(
  _ client: HTTPClient, _ requests: [HTTPRequest]
) -> [Result<HTTPResponse, HTTPError>] {
  collect(requests.count) { number, done in client.send(requests[number], done) }
}

/// What so many callbacks were told, in the order of their numbers.
func collect<Value: Sendable>(
  _ count: Int, _ begin: (Int, @escaping @Sendable (Value) -> Void) -> Void
) -> [Value] {
  let found = Mutex<[Int: Value]>([:])
  let parker = Parker()
  for number in 0..<count {
    begin(number) { value in
      let isLast = found.withLock { found in
        found[number] = value
        return found.count == count
      }
      if isLast { parker.wake() }
    }
  }
  while true {
    let all = found.withLock { $0 }
    if all.count == count { return (0..<count).compactMap { all[$0] } }
    parker.wait(nanoseconds: 100_000_000)
  }
}

/// Why a request failed; nil where it did not.
func kind(_ client: HTTPClient, _ request: HTTPRequest) -> HTTPError.Kind? {
  do {
    _ = try ask(client, request)
    return nil
  } catch {
    return (error as? HTTPError)?.kind
  }
}
