/// Definitions that no rule of the grammar makes, and no plain meaning excuses; one a line.
enum WrongForms {
  static let all = text.split(separator: "\n").map(String.init).filter { !$0.hasPrefix("//") }

  private static let text = #"""
    // Declarations.
    pipeline
    pipeline p q
    pipeline "p"
    import shared
    import "a" "b"
    param x
    param x: int 3
    param x = 3
    type E
    type E ( id: int )
    type E { id }
    type E { id int }
    function f: int = 1
    function f() = 1
    function f(x): int = 1
    function f(x: int) int = x
    function f(x: int,, y: int): int = x
    source s from memory
    source s: E memory
    source s: E from
    table t: E from memory
    table t: E key from memory
    stream s
    stream s =
    stream s = e |
    stream s = e where paid
    stream = e
    sink to print
    sink s print
    sink s: E = to print
    checkpoint
    settings every: 1s
    test { }
    test "t"
    stream s = e.
    streams s = e
    e | where paid
    // Types.
    type E { x: list<> }
    type E { x: map<int> }
    type E { x: decimal(4) }
    type E { x: int?? }
    type E { x: ? }
    type E { x: int as }
    // Stages.
    stream s = e | where
    stream s = e | map
    stream s = e | map { }
    stream s = e | map { = 1 }
    stream s = e | with { a }
    stream s = e | drop
    stream s = e | rename a
    stream s = e | rename a as
    stream s = e | rename a, b
    stream s = e | flatten xs
    stream s = e | union
    stream s = e | key
    stream s = e | key by
    stream s = e | dedupe by a
    stream s = e | enrich
    stream s = e | enrich t
    stream s = e | join o
    stream s = e | left enrich t on a
    stream s = e | join o on a within
    stream s = e | window
    stream s = e | window tumbling { n = count() }
    stream s = e | window sliding 1m { n = count() }
    stream s = e | window hopping 1m { n = count() }
    stream s = e | window tumbling 1m
    stream s = e | window session 1m { n = count() }
    stream s = e | aggregate by a
    stream s = e | top by a
    stream s = e | top 3 a
    stream s = e | over by a { n = count() }
    stream s = e | sample
    stream s = e | limit
    stream s = e | infer m as p
    stream s = e | execute as r
    stream s = e | where paid as
    stream s = e | where paid on_error
    stream s = e | where paid on_error retry
    stream s = e | | where paid
    // Expressions.
    param x: int = ()
    param x: int = 1 +
    param x: int = * 2
    param x: int = 1 2
    param x: int = a..b
    param x: int = a.
    param x: int = f(
    param x: int = f(a b)
    param x: int = f(,)
    param x: bool = a is b
    param x: bool = a is not
    param x: bool = a between 1
    param x: bool = a between 1 or 2
    param x: bool = a not b
    param x: bool = a < b < c
    param x: int = if a then 1
    param x: int = if a else 2
    param x: int = if then 1 else 2
    param x: int = case { }
    param x: int = case { else => 1 }
    param x: int = case { a => 1, else => 2, b => 3 }
    param x: int = case { else => 1, b => 3 }
    param x: int = case { a = 1 }
    param x: int = case { a => }
    param x: int = cast(a)
    param x: int = cast(a as)
    param x: int = cast(a int)
    param x: int = x => x
    param x: int = f(x => )
    param x: int = [1, 2
    param x: int = [1 2]
    param x: int = [,]
    param x: int = { a }
    param x: int = { a = 1 }
    param x: int = a[
    param x: int = a[]
    param x: int = a ?? 
    param x: string = "\()"
    // Options and tests.
    sink s to print { format }
    sink s to print { format: }
    sink s to print { format = json }
    sink s to print { key: a, b }
    checkpoint { every: 1s
    sink s to print { on_error: later }
    test "t" { given e }
    test "t" { expect }
    test "t" { expect s exactly [] }
    test "t" { given e [ 1 ] }
    test "t" { advance 1s }
    test "t" { then crash }
    test "t" { then restart parallelism 2 }
    test "t" { wait 1s }
    """#
}
