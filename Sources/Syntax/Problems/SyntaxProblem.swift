package import Diagnostics

/// Everything that can be wrong with the form of a definition: the facts. The words are in
/// `SyntaxProblem+Prose.swift`.
package enum SyntaxProblem: Hashable, Sendable {
  // Bytes and tokens.
  case notUTF8
  case fileTooLarge(limit: Int)
  case unexpectedCharacter(String)
  case semicolon
  case foreignComment
  case blockComment
  case unclosedText
  case singleQuotes(text: String)
  case badEscape(String)
  case unclosedName
  case emptyName
  case attachedRemainder
  case badUnit(String, meant: String?)
  case numberTooLarge(String, what: String)
  case foreignOperator(String, meant: String)
  case foreignForm(String, meant: String, edits: [Edit] = [])
  // Structure.
  case expectedDeclaration(found: String, meant: String?)
  case declarationOnSameLine
  case tooDeep
  case unclosedBracket(String, open: Span)
  case strayBracket(String)
  case expected(String, found: String, meant: String?)
  case expectedName(of: String, found: String)
  case expectedExpression(found: String)
  case expectedType(found: String)
  case wrongSign(found: String, right: String, name: String)
  case bareComma(first: Span)
  case commaForAnd([Span])
  case keysWithoutBrackets(Span)
  case missingSeparator
  // Stages, clauses, items.
  case unknownStage(String, meant: String?)
  case missingPipe(stage: String)
  case comparisonChain(first: Span)
  case unnamedColumn
  case lambdaOutsideCall
  case repeatedClause(String, first: Span)
  case missingClause(String, of: String, example: String)
  case unknownWord(String, role: String, choices: [String])
  case rowNotObject
  case emptyBlock(String)
}

extension SyntaxProblem {
  /// Stable numbers: one is never used again for something else.
  package enum Code: String, CaseIterable, Sendable {
    case notUTF8 = "E0001"
    case fileTooLarge = "E0002"
    case unexpectedCharacter = "E0003"
    case semicolon = "E0004"
    case foreignComment = "E0005"
    case unclosedText = "E0006"
    case singleQuotes = "E0007"
    case badEscape = "E0008"
    case badName = "E0009"
    case attachedRemainder = "E0010"
    case badUnit = "E0011"
    case numberTooLarge = "E0012"
    case foreignOperator = "E0013"
    case expectedDeclaration = "E0020"
    case declarationOnSameLine = "E0021"
    case tooDeep = "E0022"
    case unclosedBracket = "E0023"
    case strayBracket = "E0024"
    case expected = "E0025"
    case expectedName = "E0026"
    case expectedExpression = "E0027"
    case expectedType = "E0028"
    case wrongSign = "E0029"
    case bareComma = "E0030"
    case missingSeparator = "E0031"
    case unknownStage = "E0040"
    case missingPipe = "E0041"
    case comparisonChain = "E0042"
    case unnamedColumn = "E0043"
    case lambdaOutsideCall = "E0044"
    case repeatedClause = "E0045"
    case missingClause = "E0046"
    case unknownWord = "E0047"
    case rowNotObject = "E0048"
    case emptyBlock = "E0049"
  }

  package var code: Code {
    switch self {
    case .notUTF8: .notUTF8
    case .fileTooLarge: .fileTooLarge
    case .unexpectedCharacter: .unexpectedCharacter
    case .semicolon: .semicolon
    case .foreignComment, .blockComment: .foreignComment
    case .unclosedText: .unclosedText
    case .singleQuotes: .singleQuotes
    case .badEscape: .badEscape
    case .unclosedName, .emptyName: .badName
    case .attachedRemainder: .attachedRemainder
    case .badUnit: .badUnit
    case .numberTooLarge: .numberTooLarge
    case .foreignOperator, .foreignForm: .foreignOperator
    case .expectedDeclaration: .expectedDeclaration
    case .declarationOnSameLine: .declarationOnSameLine
    case .tooDeep: .tooDeep
    case .unclosedBracket: .unclosedBracket
    case .strayBracket: .strayBracket
    case .expected: .expected
    case .expectedName: .expectedName
    case .expectedExpression: .expectedExpression
    case .expectedType: .expectedType
    case .wrongSign: .wrongSign
    case .bareComma, .commaForAnd, .keysWithoutBrackets: .bareComma
    case .missingSeparator: .missingSeparator
    case .unknownStage: .unknownStage
    case .missingPipe: .missingPipe
    case .comparisonChain: .comparisonChain
    case .unnamedColumn: .unnamedColumn
    case .lambdaOutsideCall: .lambdaOutsideCall
    case .repeatedClause: .repeatedClause
    case .missingClause: .missingClause
    case .unknownWord: .unknownWord
    case .rowNotObject: .rowNotObject
    case .emptyBlock: .emptyBlock
    }
  }

  /// The whole message.
  package func diagnostic(at span: Span) -> Diagnostic {
    var prose = self.prose(at: span)
    prose.code = code.rawValue
    return prose
  }
}
