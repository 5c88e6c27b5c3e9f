/// What keeps a record from being one JSON object.
struct JSONFault: Equatable {
  enum Kind: UInt8 {
    case none, utf8, endOfRecord, control, escape, surrogate, number, literal, value, key, colon
    case comma, depth, trailing, noObject, tooLong
  }

  var kind: Kind = .none
  /// Bytes from the record's beginning.
  var position = 0

  var isNone: Bool { kind == .none }

  /// `no JSON: an unfinished record at byte 17`.
  var reason: String {
    switch kind {
    case .noObject: "a JSON object was expected"
    case .utf8: "the record is no UTF-8"
    case .tooLong: "the record is longer than \(CellSlots.longest) bytes"
    default: "no JSON: \(cause) at byte \(position)"
    }
  }

  private var cause: String {
    switch kind {
    case .none: "nothing wrong"
    case .endOfRecord: "the record ends early,"
    case .control: "a control character in a text"
    case .escape: "an unknown escape"
    case .surrogate: "half of a surrogate pair"
    case .number: "a malformed number"
    case .literal: "a word that is not `true`, `false` or `null`"
    case .value: "a value was expected"
    case .key: "a field's name was expected"
    case .colon: "`:` was expected"
    case .comma: "`,` or a closing bracket was expected"
    case .depth: "more than \(JSONWalker.depthLimit) levels of nesting"
    case .trailing: "something follows the document"
    case .utf8, .noObject, .tooLong: reason
    }
  }
}
