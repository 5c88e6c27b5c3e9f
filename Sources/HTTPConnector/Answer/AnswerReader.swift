import Columns
import Connectors
import HTTP
import Plans
import Schemas

/// Makes what a service answered the rows of the keys that it was asked for. The thread that serves
/// all connections uses it.
final class AnswerReader: Sendable {
  private let name: String
  private let path: AnswerPath?
  private let missing: Set<Int>
  private let errors: GraphQLErrors?
  /// Used by that thread alone.
  private let decoder: AnswerDecoder
  private let matcher: KeyMatcher
  /// No row of any key.
  private let none: LookupAnswer

  init(
    _ spec: TableSpec, _ options: ResolvedOptions, in place: String
  ) throws(ConnectorError) {
    name = spec.name
    path = try options.answerPath(in: place)
    errors = GraphQLErrors(options)
    var missing: Set<Int> = []
    if case .list(let statuses)? = options["missing"] {
      for case .int(let status) in statuses { missing.insert(Int(status)) }
    } else {
      missing = [404]
    }
    self.missing = missing
    decoder = try AnswerDecoder(spec)
    matcher = try KeyMatcher(spec)
    let keys = spec.keyFields
    let nobody = Batch(
      schema: Schema(keys), columns: keys.map { ColumnBuilder($0.type, capacity: 1).finish() },
      rowCount: 0)
    none = decoder.answer(nobody, [] as [[UInt8]?])
  }

  func read(
    _ response: HTTPResponse, _ keys: Batch
  ) -> Result<LookupAnswer, LookupFailure> {
    if missing.contains(response.status) { return .success(none) }
    guard response.isSuccess else {
      return .failure(ServiceFailure.of(response, as: "table `\(name)`"))
    }
    if response.status == 204 || response.body.isEmpty { return .success(none) }
    // The usual answer is an object alone, and the decoder looks at all of it.
    if path == nil, errors == nil, keys.rowCount == 1, response.body.first == UInt8(ascii: "{") {
      let answer = response.body.withUnsafeBytes { decoder.answer(keys, [$0]) }
      if answer.unreadable.isEmpty { return .success(answer) }
    }
    do throws(JSONFinder.Fault) {
      return try rows(response, keys)
    } catch {
      let kind =
        response.headers["content-type"].map { " (\(ForeignText.start($0.utf8)))" } ?? ""
      return .success(
        unreadable(
          keys,
          "the answer\(kind) is no JSON at byte \(error.position): "
            + ServiceFailure.start(response)))
    }
  }

  /// There is an answer, and it cannot be read, or no request that it would be one to. Any thread
  /// may call it.
  func unreadable(_ keys: Batch, _ reason: String) -> LookupAnswer {
    var answer = none
    for row in 0..<keys.rowCount { answer.unreadable[row] = "table `\(name)`: \(reason)" }
    return answer
  }

  private func rows(
    _ response: HTTPResponse, _ keys: Batch
  ) throws(JSONFinder.Fault) -> Result<LookupAnswer, LookupFailure> {
    var finder = JSONFinder(response.body)
    if let reason = try errors?.reason(response) {
      // A service that is busy says so in this way too.
      return .failure(LookupFailure("table `\(name)`: \(reason)", isRetriable: true))
    }
    guard let place = try finder.find(path) else { return .success(none) }
    let elements = try finder.elements(place)
    let found = (elements ?? [place]).map { Array(response.body[$0]) }
      .filter { !$0.elementsEqual("null".utf8) }
    // What is asked for by one key, and comes alone, is its row, whether it names the key or not.
    if keys.rowCount == 1, found.count <= 1, elements == nil || !matcher.canTell(found) {
      return .success(decoder.answer(keys, [found.first]))
    }
    switch matcher.match(found, keys) {
    case .success(let objects): return .success(decoder.answer(keys, objects))
    case .failure(let fault):
      return .failure(
        LookupFailure("table `\(name)`: \(fault.reason)", isRetriable: false))
    }
  }
}
