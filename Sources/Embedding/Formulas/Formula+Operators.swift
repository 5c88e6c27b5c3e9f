/// Types that are calculated with.
public protocol NumericValue: ColumnValue where Base: NumericValue {
  /// What a division gives.
  associatedtype Quotient: ColumnValue
}

extension Int: NumericValue { public typealias Quotient = Double }
extension Double: NumericValue { public typealias Quotient = Double }
extension ExactDecimal: NumericValue { public typealias Quotient = ExactDecimal }
extension Optional: NumericValue where Wrapped: NumericValue, Wrapped.Base == Wrapped {
  public typealias Quotient = Wrapped.Quotient
}

private func infix(_ a: any Formula, _ word: String, _ b: any Formula) -> String {
  "\(a.text) \(word) \(b.text)"
}

public func == <A: Formula, B: Formula>(a: A, b: B) -> Computed<Bool>
where A.Value.Base == B.Value.Base { Computed(infix(a, "==", b)) }

public func != <A: Formula, B: Formula>(a: A, b: B) -> Computed<Bool>
where A.Value.Base == B.Value.Base { Computed(infix(a, "!=", b)) }

public func < <A: Formula, B: Formula>(a: A, b: B) -> Computed<Bool>
where A.Value.Base == B.Value.Base { Computed(infix(a, "<", b)) }

public func <= <A: Formula, B: Formula>(a: A, b: B) -> Computed<Bool>
where A.Value.Base == B.Value.Base { Computed(infix(a, "<=", b)) }

public func > <A: Formula, B: Formula>(a: A, b: B) -> Computed<Bool>
where A.Value.Base == B.Value.Base { Computed(infix(a, ">", b)) }

public func >= <A: Formula, B: Formula>(a: A, b: B) -> Computed<Bool>
where A.Value.Base == B.Value.Base { Computed(infix(a, ">=", b)) }

public func && <A: Formula, B: Formula>(a: A, b: B) -> Computed<Bool>
where A.Value.Base == Bool, B.Value.Base == Bool { Computed(infix(a, "and", b)) }

public func || <A: Formula, B: Formula>(a: A, b: B) -> Computed<Bool>
where A.Value.Base == Bool, B.Value.Base == Bool { Computed(infix(a, "or", b)) }

public prefix func ! <A: Formula>(a: A) -> Computed<Bool> where A.Value.Base == Bool {
  Computed("not \(a.text)")
}

public func + <A: Formula, B: Formula>(a: A, b: B) -> Computed<A.Value>
where A.Value: NumericValue, A.Value.Base == B.Value.Base { Computed(infix(a, "+", b)) }

public func - <A: Formula, B: Formula>(a: A, b: B) -> Computed<A.Value>
where A.Value: NumericValue, A.Value.Base == B.Value.Base { Computed(infix(a, "-", b)) }

public func * <A: Formula, B: Formula>(a: A, b: B) -> Computed<A.Value>
where A.Value: NumericValue, A.Value.Base == B.Value.Base { Computed(infix(a, "*", b)) }

/// Of ints a `Double`, as the language has it; a division by zero fails its row.
public func / <A: Formula, B: Formula>(a: A, b: B) -> Computed<A.Value.Quotient>
where A.Value: NumericValue, A.Value.Base == B.Value.Base { Computed(infix(a, "/", b)) }

/// The first, or the second where the first is null.
public func ?? <A: Formula, B: Formula>(a: A, b: B) -> Computed<A.Value.Base>
where A.Value.Base == B.Value.Base { Computed(infix(a, "??", b)) }
