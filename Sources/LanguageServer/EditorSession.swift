package import Diagnostics
package import Plans
import Semantics

/// An editor's session in the language server protocol, as a machine: messages in, messages out, no
/// input or output of its own. A message that is none, or of a method that it does not know, is
/// answered as the protocol says and never ends the session.
package struct EditorSession {
  enum ErrorCode: Int {
    case parse = -32700
    case invalidRequest = -32600
    case unknownMethod = -32601
    case invalidParameters = -32602
    case notInitialized = -32002
    case requestFailed = -32803
  }

  struct RequestFailure: Error {
    var code: ErrorCode
    var message: String
  }

  let loader: any SourceLoader
  private let constants: ConstantCheck
  private var documents: [String: OpenDocument] = [:]
  /// What was told of each file, where it was not nothing.
  private var told: [String: [JSONValue]] = [:]
  /// Whether a document went, so that what was told because of it may be no more.
  private var isBehind = false
  private var isInitialized = false
  private var isShutDown = false
  /// The exit status, once the editor has said that it is over.
  package private(set) var exitStatus: Int32?

  /// `constants`: tells which constants of calls can't work.
  package init(loader: any SourceLoader, constants: ConstantCheck = .none) {
    self.loader = loader
    self.constants = constants
  }

  /// Whether documents changed since their diagnostics were told.
  package var hasNews: Bool { isBehind || documents.values.contains(where: \.isDirty) }

  /// The answer to a message, if it wants one.
  package mutating func receive(_ bytes: [UInt8]) -> [JSONValue] {
    guard let message = JSONReader.value(of: bytes) else {
      return [Self.failure(.null, RequestFailure(code: .parse, message: "this is no JSON"))]
    }
    let id = message["id"]
    guard let method = message["method"]?.string else {
      // An answer of the editor's; it is asked nothing.
      if id != nil, message["result"] != nil || message["error"] != nil { return [] }
      let failure = RequestFailure(code: .invalidRequest, message: "a message without a method")
      return [Self.failure(id ?? .null, failure)]
    }
    let parameters = message["params"] ?? .null
    guard let id else {
      return notification(method, parameters)
    }
    do {
      let result = try request(method, parameters)
      return [["jsonrpc": "2.0", "id": id, "result": result]]
    } catch let failure as RequestFailure {
      return [Self.failure(id, failure)]
    } catch {
      return [Self.failure(id, RequestFailure(code: .requestFailed, message: "\(error)"))]
    }
  }

  /// The diagnostics of all documents that changed, and of what they import where that is news.
  package mutating func news() -> [JSONValue] {
    let changed = Set(documents.keys.filter { documents[$0]?.isDirty == true })
    let files = EditorFiles(documents.values, others: loader)
    let analyses = analysed(documents.keys.sorted(), files)
    var publication = Publication(files)
    for analysis in analyses { publication.add(analysis, imported: false) }
    for analysis in analyses { publication.add(analysis, imported: true) }
    let messages = publication.messages
    let before = told
    for uri in changed { documents[uri]?.isDirty = false }
    told = messages
    isBehind = false
    return changed.union(messages.keys).union(before.keys).sorted().compactMap { uri in
      let now = messages[uri] ?? []
      guard changed.contains(uri) || now != before[uri] ?? [] else { return nil }
      return Publication.notification(uri, documents[uri]?.version, now)
    }
  }

  /// What is known of these documents, in their order.
  private mutating func analysed(_ uris: [String], _ files: EditorFiles) -> [Analysis] {
    uris.compactMap { uri in
      guard var document = documents.removeValue(forKey: uri) else { return nil }
      defer { documents[uri] = document }
      return document.analysis(files, constants)
    }
  }

  /// Makes documents that import the one that changed look at it again.
  private mutating func forgetImporters(of uri: String) {
    let place = ImportPath.normal(DocumentAddress.path(of: uri))
    for other in documents.keys where other != uri { documents[other]?.forget(becauseOf: place) }
  }

  private static func failure(_ id: JSONValue, _ failure: RequestFailure) -> JSONValue {
    [
      "jsonrpc": "2.0", "id": id,
      "error": ["code": .int(failure.code.rawValue), "message": .string(failure.message)],
    ]
  }

  private mutating func notification(_ method: String, _ parameters: JSONValue) -> [JSONValue] {
    let uri = parameters["textDocument"]?["uri"]?.string
    let version = parameters["textDocument"]?["version"]?.int
    switch method {
    case "exit": exitStatus = isShutDown ? 0 : 1
    case "textDocument/didOpen":
      if let uri, let text = parameters["textDocument"]?["text"]?.string {
        documents[uri] = OpenDocument(uri: uri, version: version, text: text)
        forgetImporters(of: uri)
      }
    case "textDocument/didChange":
      if let uri, var document = documents.removeValue(forKey: uri) {
        document.version = version
        for change in parameters["contentChanges"]?.array ?? [] { document.apply(change) }
        documents[uri] = document
        forgetImporters(of: uri)
      }
    case "textDocument/didSave", "workspace/didChangeWatchedFiles":
      // What is imported may have been saved.
      for uri in documents.keys { documents[uri]?.forget() }
    case "textDocument/didClose":
      if let uri, documents.removeValue(forKey: uri) != nil {
        forgetImporters(of: uri)
        told[uri] = nil
        isBehind = true
        return [Publication.notification(uri, nil, [])]
      }
    default: break
    }
    return []
  }

  private mutating func request(_ method: String, _ parameters: JSONValue) throws -> JSONValue {
    switch method {
    case "initialize":
      isInitialized = true
      return Self.capabilities
    case "shutdown":
      isShutDown = true
      return .null
    default: break
    }
    guard isInitialized, !isShutDown else {
      throw RequestFailure(
        code: isShutDown ? .invalidRequest : .notInitialized,
        message: isShutDown ? "the server was shut down" : "`initialize` comes first")
    }
    guard method.hasPrefix("textDocument/"), let feature = Feature(rawValue: method) else {
      throw RequestFailure(code: .unknownMethod, message: "`\(method)` is not known here")
    }
    guard let uri = parameters["textDocument"]?["uri"]?.string, documents[uri] != nil else {
      throw RequestFailure(code: .invalidParameters, message: "the document is not open")
    }
    let files = EditorFiles(documents.values, others: loader)
    // Names may be used in all that is open.
    let others = feature.isAboutAll ? documents.keys.filter { $0 != uri }.sorted() : []
    let analyses = analysed([uri] + others, files)
    let inquiry = Inquiry(files: files, analyses: analyses, parameters: parameters)
    return try inquiry.answer(feature)
  }

  private static let capabilities: JSONValue = [
    "serverInfo": ["name": "raudal"],
    "capabilities": [
      "positionEncoding": "utf-16",
      "textDocumentSync": ["openClose": true, "change": 2, "save": true],
      "hoverProvider": true, "definitionProvider": true, "referencesProvider": true,
      "documentSymbolProvider": true, "documentFormattingProvider": true,
      "codeActionProvider": ["codeActionKinds": ["quickfix"]],
      "renameProvider": ["prepareProvider": true],
      "completionProvider": ["triggerCharacters": [".", "|", ":"]],
    ],
  ]
}
