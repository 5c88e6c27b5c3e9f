import Columns
import Glibc
import Plans
import Schemas

extension KernelTable {
  static let functionsOfFloats: [String: Maker] = [
    "sin": float { sin($0) }, "cos": float { cos($0) }, "tan": float { tan($0) },
    "cot": float { 1 / tan($0) }, "asin": float { asin($0) }, "acos": float { acos($0) },
    "atan": float { atan($0) }, "sinh": float { sinh($0) }, "cosh": float { cosh($0) },
    "tanh": float { tanh($0) }, "log1p": float { log1p($0) }, "expm1": float { expm1($0) },
    "erfc": float { erfc($0) },
    "cbrt": float { value in
      // Exact where the root is whole, which the library's is not.
      let root = cbrt(value)
      let whole = root.rounded()
      return whole * whole * whole == value ? whole : root
    },
    "degrees": float { $0 * (180 / Double.pi) }, "radians": float { $0 * (Double.pi / 180) },
    "atan2": { call in ValueCall(pair { atan2($0, $1) }, .float, call.arguments, cost: 30) },
    "hypot": { call in ValueCall(pair { hypot($0, $1) }, .float, call.arguments, cost: 10) },
    "log": { (call) throws(BindingError) in
      if call.arguments.count == 1 { return try float { log($0) }(call) }
      return ValueCall(pair { log($1) / log($0) }, .float, call.arguments, cost: 30)
    },
    "pi": { (_) throws(BindingError) in try Constant(.float(.pi), .float) },
    "e": { (_) throws(BindingError) in try Constant(.float(M_E), .float) },
    "is_nan": test { $0.isNaN }, "is_finite": test { $0.isFinite },
  ]

  static let bits: [String: Maker] = [
    "bitand": ints { $0 & $1 }, "bitor": ints { $0 | $1 }, "bitxor": ints { $0 ^ $1 },
    "bitnot": ints { value, _ in ~value },
    "bit_count": ints { value, _ in Int64(value.nonzeroBitCount) },
    // Swift's shifts take any distance: by 64 and more nothing but the sign is left.
    "shift_left": ints { $0 << max(0, $1) }, "shift_right": ints { $0 >> max(0, $1) },
  ]

  private static func float(_ body: @escaping @Sendable (Double) -> Double) -> Maker {
    { call in
      ValueCall(ValueMapping<Double, Double>(of: body), .float, call.arguments, cost: 15)
    }
  }

  private static func pair(
    _ body: @escaping @Sendable (Double, Double) -> Double
  ) -> ValueMapping<Double, Double> { ValueMapping(body) }

  private static func test(_ body: @escaping @Sendable (Double) -> Bool) -> Maker {
    { call in
      let function = ValueMapping<Double, UInt8>(of: { body($0) ? 1 : 0 })
      return ValueCall(function, .bool, call.arguments, cost: 2)
    }
  }

  private static func ints(_ body: @escaping @Sendable (Int64, Int64) -> Int64) -> Maker {
    { call in ValueCall(ValueMapping<Int64, Int64>(body), .int, call.arguments, cost: 2) }
  }
}
