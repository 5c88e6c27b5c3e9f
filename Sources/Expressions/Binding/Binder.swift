import Columns
import Plans
import Schemas

/// Turns expressions into evaluators, for the columns of one schema.
struct Binder {
  private let schema: Schema
  private let shared: SharedNodes
  private let functions: ForeignFunctions

  /// For the parts of expressions that are evaluated together.
  init(_ schema: Schema, of whole: [Expression], functions: ForeignFunctions = [:]) {
    self.schema = schema
    self.functions = functions
    shared = SharedNodes(of: whole)
  }

  func bind(_ expression: Expression) throws(BindingError) -> Evaluator {
    guard let slot = shared.slot(of: expression) else { return try bindNode(expression) }
    if let known = shared.evaluators[slot] { return known }
    let inner = try bindNode(expression)
    let evaluator = inner.constant == nil ? SharedEvaluator(inner, slot: slot) : inner
    shared.evaluators[slot] = evaluator
    return evaluator
  }

  private func bindNode(_ expression: Expression) throws(BindingError) -> Evaluator {
    switch expression.node {
    case .column(let name):
      guard let index = schema.index(of: name) else {
        throw .unknownColumn(name, known: schema.fields.map(\.name))
      }
      return ColumnReader(index: index, schema[index].type)
    case .literal(let literal): return try Constant(literal, expression.type)
    case .eventTime: return EventTimeReader()
    case .call(let name, let operands):
      let arguments = try bind(operands)
      if let function = functions[name] {
        return ForeignCall(function, arguments, expression.type)
      }
      let call = Call(
        name: name, arguments: arguments, types: operands.map(\.type), result: expression.type)
      return folded(try KernelTable.bind(call), arguments)
    case .cast(let operand, let isTry):
      let argument = try bind(operand)
      let cast = try Casts.bind(
        argument, from: operand.type, to: expression.type, isTry: isTry)
      return folded(cast, [argument])
    default: return try bindLogic(expression)
    }
  }

  private func bindLogic(_ expression: Expression) throws(BindingError) -> Evaluator {
    switch expression.node {
    case .branch(let branches, let otherwise):
      var bound: [(Evaluator, Evaluator)] = []
      for branch in branches { bound.append((try bind(branch.condition), try bind(branch.value))) }
      let last = try otherwise.map { (last) throws(BindingError) in try bind(last) }
      return BranchEvaluator(bound, otherwise: last, expression.type)
    case .coalesce(let operands):
      return CoalesceEvaluator(try bind(operands), expression.type)
    case .and(let operands): return JunctionEvaluator(try bind(operands), isAnd: true)
    case .or(let operands): return JunctionEvaluator(try bind(operands), isAnd: false)
    case .not(let operand):
      let argument = try bind(operand)
      return folded(NotEvaluator(argument), [argument])
    case .isNull(let operand): return IsNullEvaluator(try bind(operand))
    case .isIn(let value, let members):
      let argument = try bind(value)
      var flat: [Expression] = []
      for member in members { flat += member.listed }
      return MembershipEvaluator(argument, try bind(flat))
    case .member, .list, .structure, .each: return try bindNested(expression)
    case .column, .literal, .eventTime, .call, .cast:
      preconditionFailure("bound by bindNode")
    }
  }

  private func bindNested(_ expression: Expression) throws(BindingError) -> Evaluator {
    switch expression.node {
    case .member(let base, let name):
      guard case .structure(let fields) = base.type,
        let index = fields.firstIndex(where: { $0.name == name })
      else { throw .unknownColumn(name, known: []) }
      let argument = try bind(base)
      return folded(MemberEvaluator(argument, fields, index: index), [argument])
    case .list(let parts), .structure(let parts):
      let arguments = try bind(parts)
      let literal = NestedLiteral(expression.type, arguments)
      if !arguments.isEmpty { return folded(literal, arguments) }
      return Constant(literal.evaluate(Frame(columns: [], rowCount: 1), nil))
    case .each(let operation, let list, let parameter, let body):
      let names = body.columnNames.subtracting([parameter.name])
      let outer = schema.fields.indices.filter { names.contains(schema[$0].name) }
      let inner = Schema(outer.map { schema[$0] } + [parameter])
      return EachEvaluator(
        operation, try bind(list), parameter.fieldType, outer: outer,
        body: try Binder(inner, of: [body], functions: functions).bind(body), expression.type)
    default: preconditionFailure("bound by bindNode and bindLogic")
    }
  }

  private func bind(_ expressions: [Expression]) throws(BindingError) -> [Evaluator] {
    var bound: [Evaluator] = []
    for expression in expressions { bound.append(try bind(expression)) }
    return bound
  }

  /// A constant where all arguments are, unless computing it fails: then each row does.
  private func folded(_ node: Evaluator, _ arguments: [Evaluator]) -> Evaluator {
    guard !arguments.isEmpty, arguments.allSatisfy({ $0.constant != nil }) else { return node }
    let frame = Frame(columns: [], rowCount: 1)
    let value = node.evaluate(frame, nil)
    return frame.failures.isEmpty ? Constant(value) : node
  }
}

extension Expression {
  /// The members of a list literal, or the expression itself.
  fileprivate var listed: [Expression] {
    guard case .literal(.list(let members)) = node else { return [self] }
    let element: DataType = if case .list(let inner) = type { inner.type } else { type }
    return members.map { .literal($0, element) }
  }
}

/// A call whose arguments are bound.
struct Call {
  let name: String
  let arguments: [Evaluator]
  let types: [DataType]
  let result: DataType

  var noKernel: BindingError { .noKernel(function: name, types: types) }

  /// The text of an argument that must be known; nil where it was left out.
  func constantText(_ index: Int) throws(BindingError) -> String? {
    guard index < arguments.count else { return nil }
    guard let bytes = arguments[index].constant?.textBytes else {
      throw .notConstant(function: name, argument: index + 1)
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  func constantInt(_ index: Int) throws(BindingError) -> Int64? {
    guard index < arguments.count else { return nil }
    guard let constant = arguments[index].constant, constant.type == .int, !constant.isNull else {
      throw .notConstant(function: name, argument: index + 1)
    }
    return constant.value.ints[0]
  }
}
