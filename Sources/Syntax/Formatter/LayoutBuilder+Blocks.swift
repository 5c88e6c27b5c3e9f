import Diagnostics

/// Items in brackets.
extension LayoutBuilder {
  /// How a block looks.
  struct BlockStyle {
    /// Between the brackets and the items on one line.
    var padding = " "
    /// Whether commas stand between items that have lines of their own.
    var hasCommas = false
    /// Whether each item has a line of its own where the author begins the first one on a new line.
    var followsAuthor = true
    /// Whether each item has a line of its own in any case.
    var isOpen = false

    /// Columns, options, fields.
    static let braces = BlockStyle()
    /// Arguments, lists: a value may go on on the next line, so there are commas.
    static let values = BlockStyle(padding: "", hasCommas: true, followsAuthor: false)
    static let steps = BlockStyle(isOpen: true)
  }

  /// The current token is the opening bracket; `add` takes an item.
  mutating func addBlock<Item>(
    _ items: [Item], _ style: BlockStyle, _ add: (inout LayoutBuilder, Item) -> Void
  ) {
    let close = closingIndex
    let isOpen = style.isOpen || style.followsAuthor && tokens[index + 1].startsLine
    var isHard = isOpen
    take()
    if items.isEmpty, !hasComments(before: index..<close + 1) {
      take(upTo: tokens[close].span.start)
      take("")
      return
    }
    group { builder in
      builder.indented { builder in
        for (place, item) in items.enumerated() {
          if place > 0 { builder.separate(style) }
          builder.breakLine(
            flat: place > 0 ? " " : style.padding, isHard: isOpen, keepsBlank: place > 0,
            isHead: !style.hasCommas)
          builder.unit { add(&$0, item) }
        }
        if builder.at(.comma), builder.index + 1 == close { builder.skipComma() }
        builder.take(upTo: builder.tokens[close].span.start)
        isHard = builder.addCommentsBeforeClosing() || isOpen
      }
      builder.pieces.append(
        isHard ? .hardLine(hasBlank: false) : .line(flat: style.padding, hasBlank: false))
      builder.take("")
    }
  }

  private mutating func separate(_ style: BlockStyle) {
    skipComma()
    pieces.append(style.hasCommas ? .text(",") : .flatText(","))
  }

  mutating func addFields(_ fields: [FieldSyntax]) {
    addBlock(fields, .braces) { $0.addField($1) }
  }

  private mutating func addField(_ field: FieldSyntax) {
    take(upTo: field.type.span.start)
    addType(field.type)
    let values = [field.origin, field.allowed].compactMap(\.self)
    for value in values.sorted(by: { $0.span.start < $1.span.start }) {
      take(upTo: value.span.start)
      addExpression(value)
    }
    take(upTo: field.span.end)
  }

  mutating func addAssignments(_ assignments: [AssignmentSyntax]) {
    takeUpTo(.openBrace)
    addBlock(assignments, .braces) { builder, assignment in
      builder.take(upTo: assignment.value.span.start)
      builder.addExpression(assignment.value)
    }
  }

  mutating func addColumns(_ columns: [ColumnItemSyntax]) {
    takeUpTo(.openBrace)
    addBlock(columns, .braces) { builder, column in
      switch column {
      case .computed(let assignment):
        builder.take(upTo: assignment.value.span.start)
        builder.addExpression(assignment.value)
      case .carried(let column):
        builder.take(upTo: column.span.end)
        // The tree does not know parentheses around a column.
        while builder.at(.closeParenthesis) { builder.take() }
      case .all(_, let span):
        builder.take(upTo: span.end - 1)
        builder.take("")
      }
    }
  }

  /// `{ name: value }`
  mutating func addObject(_ object: ObjectSyntax) {
    addBlock(object.members, .braces) { $0.addMember($1) }
  }

  mutating func addMember(_ member: ObjectSyntax.Member) {
    take(upTo: member.value.span.start)
    addExpression(member.value)
  }

  mutating func takeUpTo(_ kind: Token.Kind) {
    while !at(kind), !at(.endOfFile) { take() }
  }
}

/// Options and their values.
extension LayoutBuilder {
  mutating func addConnector(_ connector: ConnectorSyntax) {
    take(upTo: connector.name.span.end)
    if connector.options.span.count > 0 { addOptions(connector.options) }
  }

  mutating func addOptions(_ block: OptionBlockSyntax) {
    addBlock(block.options, .braces) { builder, option in
      builder.take(upTo: option.value.span.start)
      builder.addOptionValue(option.value)
    }
  }

  mutating func addOptionValue(_ value: OptionValueSyntax) {
    switch value.kind {
    case .expression(let expression): addExpression(expression)
    case .list(let values): addBlock(values, .values) { $0.addOptionValue($1) }
    case .object(let block): addOptions(block)
    case .connector(let connector): addConnector(connector)
    case .route(let route): addRoute(route)
    case .qualified(let value, let qualifiers):
      addOptionValue(value)
      for qualifier in qualifiers {
        take(upTo: qualifier.word.span.end)
        if at(.slash) {
          joint = ""
          take()
          joint = ""
        }
        if let value = qualifier.value { addExpression(value) }
      }
    case .fields(let fields): addFields(fields)
    case .missing: break
    }
  }

  mutating func addRoute(_ route: ErrorRouteSyntax) {
    if case .deadLetter(let connector) = route.kind {
      take(upTo: connector.span.start)
      addConnector(connector)
    }
    take(upTo: route.span.end)
  }

  mutating func addType(_ type: TypeSyntax) {
    switch type.kind {
    case .named, .missing: break
    case .decimal:
      take()
      take("")
    case .list(let element): addTypeArguments([element])
    case .map(let key, let value): addTypeArguments([key, value])
    case .structure(let fields):
      take()
      addFields(fields)
    case .optional(let inner): addType(inner)
    }
    take(upTo: type.span.end)
  }

  /// `<T>` behind the current token.
  private mutating func addTypeArguments(_ arguments: [TypeSyntax]) {
    take()
    take("")
    joint = ""
    for argument in arguments {
      take(upTo: argument.span.start)
      addType(argument)
    }
    take("")
  }
}
