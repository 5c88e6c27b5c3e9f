import Columns
import Connectors
import HTTP
import Plans
import Synchronization

/// A model that is asked by the KServe v2 protocol, which Triton, MLServer and others speak: all
/// rows of a call in one request.
///
/// https://kserve.github.io/website/latest/modelserving/data_plane/v2_protocol/
final class ServedModel: LookupClient, ModelOfMany {
  private let spec: ModelSpec
  let server: ModelServer
  let answers: ModelAnswers
  private let outputs: TensorOutputs
  private let address: String
  let model: String?
  /// What answers say where the server names no version.
  private let version: String
  /// As the server says that it takes them; nil until it has said it.
  private let inputs = Mutex<TensorInputs?>(nil)

  init(
    _ model: ModelSpec, _ server: ModelServer, _ options: ResolvedOptions
  ) throws(ConnectorError) {
    spec = model
    self.server = server
    answers = try ModelAnswers(model, version: server.number, byPlace: true)
    outputs = TensorOutputs(model.outputs)
    let name = try options.text("model", in: server.place) ?? model.name
    let version = try options.text("version", in: server.place)
    address =
      "/v2/models/\(PercentEncoding.encode(name.utf8))"
      + (version.map { "/versions/\(PercentEncoding.encode($0.utf8))" } ?? "")
    self.version = version ?? name
    self.model = "model: \"\(name)\"" + (version.map { ", version: \"\($0)\"" } ?? "")
  }

  /// Holds what the server says of the model against the declaration.
  func start() throws(ConnectorError) { try learn(from: server.get(address)) }

  @discardableResult
  private func learn(from response: HTTPResponse) throws(ConnectorError) -> TensorInputs {
    guard response.isSuccess else {
      let failure = ServiceFailure.of(response, as: server.place)
      throw ConnectorError(failure.isRetriable ? .unreachable : .configuration, failure.reason)
    }
    guard let metadata = ModelMetadata(response) else {
      throw ConnectorError(
        .configuration,
        "\(server.place): what answers there does not speak the KServe v2 protocol: "
          + ServiceFailure.start(response))
    }
    if let misfit = outputs.misfit(metadata.outputs) {
      throw ConnectorError(.configuration, "\(server.place) is declared otherwise: \(misfit)")
    }
    do throws(TensorInputs.Misfit) {
      let known =
        metadata.inputs.isEmpty
        ? TensorInputs(spec.inputs) : try TensorInputs(spec.inputs, metadata.inputs)
      inputs.withLock { $0 = known }
      return known
    } catch {
      throw ConnectorError(
        .configuration, "\(server.place) is declared otherwise: \(error.text)")
    }
  }

  /// A server that was not there at the start is asked first what it takes.
  func ask(_ keys: Batch, _ answer: @escaping PartedAnswer.Told) {
    let deadline = server.deadline
    if let inputs = inputs.withLock({ $0 }) { return ask(keys, inputs, until: deadline, answer) }
    server.get(address, until: deadline) { [self] result in
      switch result {
      case .success(let response):
        do throws(ConnectorError) {
          ask(keys, try learn(from: response), until: deadline, answer)
        } catch {
          answer(.failure(LookupFailure(error.message, isRetriable: false)))
        }
      case .failure(let error): answer(.failure(error.failure))
      }
    }
  }

  private func ask(
    _ keys: Batch, _ inputs: TensorInputs, until deadline: UInt64,
    _ answer: @escaping PartedAnswer.Told
  ) {
    var refused: [Int: String] = [:]
    var parts: [[Int]: [Int]] = [:]
    for row in 0..<keys.rowCount {
      if let reason = inputs.refusal(keys, row) {
        refused[row] = "\(server.place): \(reason)"
      } else {
        parts[inputs.isSingle ? [row] : inputs.widths(keys, row), default: []].append(row)
      }
    }
    let whole = PartedAnswer(parts.count, answers.unanswered(refused), answer)
    for rows in parts.values {
      send(keys.rows(rows), until: deadline) { whole.settle(rows, $0) }
    }
  }

  func close() { server.close() }

  var path: String { "\(address)/infer" }

  func body(_ rows: Batch) -> [UInt8] {
    let inputs = inputs.withLock { $0 } ?? TensorInputs(spec.inputs)
    let buffer = ByteBuffer(capacity: 64 * (rows.rowCount + 1))
    buffer.append("{")
    inputs.write(rows, to: buffer)
    buffer.append(",")
    outputs.write(to: buffer)
    buffer.append("}")
    return Array(buffer.bytes)
  }

  func read(
    _ response: HTTPResponse, _ rows: Batch, said: Int
  ) -> Result<LookupAnswer, LookupFailure> {
    let reason: String
    do {
      let found = try outputs.objects(response.body, rows: rows.rowCount)
      let told = found.version.isEmpty ? version : found.version
      return .success(
        answers.answer(rows, found.objects, version: server.version ?? told))
    } catch let misfit as TensorOutputs.Misfit {
      reason = misfit.text
    } catch {
      reason = "its answer is no JSON: \(ServiceFailure.start(response))"
    }
    return .failure(LookupFailure("\(server.place): \(reason)", isRetriable: false))
  }
}
