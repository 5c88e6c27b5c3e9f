import Columns
import Schemas

extension KernelTable {
  static let nested: [String: Maker] = access.merging(making) { first, _ in first }
    .merging(combining) { first, _ in first }.merging(maps) { first, _ in first }

  private static let access: [String: Maker] = [
    "at": { call in
      guard case .map = call.types[0] else {
        return ElementCall(call.result, call.arguments) { arguments, row, _ in
          let list = arguments.list(0, row)
          let index = arguments.int(1, row)
          return index >= 0 && index < list.count ? list.element(Int(index)) : nil
        }
      }
      return ElementCall(call.result, call.arguments) { arguments, row, _ in
        let map = arguments.map(0, row)
        return map.index(of: arguments.text(1, row)).flatMap { map.values.element($0) }
      }
    },
    "cardinality": { call in
      if case .map = call.types[0] {
        return count(call) { arguments, row in arguments.map(0, row).count }
      }
      return count(call) { arguments, row in arguments.list(0, row).count }
    },
    "element": { call in
      ElementCall(call.result, call.arguments, canFail: true) { arguments, row, frame in
        let list = arguments.list(0, row)
        if list.count > 1 { frame.fail(row, .severalElements(list.count)) }
        return list.count == 1 ? list.element(0) : nil
      }
    },
    "array_contains": { call in
      let function = NestedValue<UInt8> { arguments, row, _ in
        arguments.list(0, row).place(of: arguments.value(1, row)) == nil ? 0 : 1
      }
      return ValueCall(function, .bool, call.arguments, strict: 1, cost: 30)
    },
    "array_position": { call in
      count(call) { arguments, row in
        arguments.list(0, row).place(of: arguments.value(1, row)).map { $0 + 1 } ?? 0
      }
    },
    "array_max": { call in extreme(call) { a, b, type in Elements.precedes(b, a, type) } },
    "array_min": { call in extreme(call) { a, b, type in Elements.precedes(a, b, type) } },
    "array_sum": { call in ListSum.bind(call) },
    "array_join": { call in
      TextCall(
        NestedCall { arguments, row, buffer, frame in
          ListText.join(arguments, row, to: buffer, frame)
        }, .string, call.arguments, canFail: true, cost: 40)
    },
  ]

  private static let making: [String: Maker] = [
    "array_append": { call in
      list(call, strict: 1) { $0.list(0, $1).all + [$0.value(1, $1)] }
    },
    "array_prepend": { call in
      list(call, strict: 1) { [$0.value(1, $1)] + $0.list(0, $1).all }
    },
    "array_remove": { call in
      list(call, strict: 1) { arguments, row in
        let unwanted = arguments.value(1, row)
        return arguments.list(0, row).all.filter { !Elements.areEqual($0, unwanted) }
      }
    },
    "array_distinct": { call in
      list(call) { arguments, row in distinct(arguments.list(0, row).all) }
    },
    "array_reverse": { call in list(call) { $0.list(0, $1).all.reversed() } },
    "array_slice": { call in list(call, ListOrder.slice) },
    "array_sort": { call in list(call, ListOrder.sorted) },
  ]

  private static let combining: [String: Maker] = [
    "array_concat": { call in
      list(call) { arguments, row in
        (0..<arguments.count).flatMap { arguments.list($0, row).all }
      }
    },
    "array_union": { call in
      list(call) { distinct($0.list(0, $1).all + $0.list(1, $1).all) }
    },
    "array_intersect": { call in
      list(call) { arguments, row in
        let other = ElementSet(arguments.list(1, row))
        return distinct(arguments.list(0, row).all.filter { other.contains($0) })
      }
    },
    "array_except": { call in
      list(call) { arguments, row in
        let other = ElementSet(arguments.list(1, row))
        return distinct(arguments.list(0, row).all.filter { !other.contains($0) })
      }
    },
    "split": { call in
      list(call) { ListText.pieces(of: $0.text(0, $1), between: $0.text(1, $1)) }
    },
  ]

  private static let maps: [String: Maker] = [
    "map_keys": { call in
      TextCall(
        NestedCall { arguments, row, buffer, _ in
          MapParts.copy(arguments.map(0, row).keyCell, of: .string, to: buffer)
        }, call.result, call.arguments)
    },
    "map_values": { call in
      TextCall(
        NestedCall { arguments, row, buffer, _ in
          MapParts.copy(
            arguments.map(0, row).valueCell, of: arguments.elementType(0), to: buffer)
        }, call.result, call.arguments)
    },
    "map_entries": { call in
      let parts = MapParts(call.types[0])
      return TextCall(
        NestedCall { arguments, row, buffer, _ in parts.entries(arguments, row, to: buffer) },
        call.result, call.arguments, cost: 60)
    },
    "map_union": { call in
      TextCall(
        NestedCall { arguments, row, buffer, _ in
          MapParts.union(arguments, row, to: buffer)
        }, call.result, call.arguments, cost: 60)
    },
    "map_from_arrays": { call in
      TextCall(
        NestedCall { arguments, row, buffer, frame in
          MapParts.pair(arguments, row, to: buffer, frame)
        }, call.result, call.arguments, canFail: true, cost: 60)
    },
    "str_to_map": { call in
      TextCall(
        NestedCall { arguments, row, buffer, _ in ListText.map(arguments, row, to: buffer) },
        call.result, call.arguments, cost: 60)
    },
  ]

  private static func count(
    _ call: Call, _ body: @escaping (NestedArguments, Int) -> Int
  ) -> Evaluator {
    let function = NestedValue<Int64> { arguments, row, _ in Int64(body(arguments, row)) }
    return ValueCall(function, .int, call.arguments, cost: 15)
  }

  private static func extreme(
    _ call: Call,
    _ isBetter:
      @escaping (
        UnsafeBufferPointer<UInt8>, UnsafeBufferPointer<UInt8>, DataType
      ) -> Bool
  ) -> Evaluator {
    ElementCall(call.result, call.arguments) { arguments, row, _ in
      let type = arguments.elementType(0)
      var best: Element = nil
      for case let value? in arguments.list(0, row).all
      where best.map({ isBetter(value, $0, type) }) ?? true { best = value }
      return best
    }
  }

  private static func list(
    _ call: Call, strict: Int? = nil,
    _ body: @escaping (NestedArguments, Int) -> [Element]
  ) -> Evaluator {
    guard case .list(let element) = call.result else { return NestedLiteral(call.result, []) }
    return TextCall(
      NestedCall.list(of: element.type, body), call.result, call.arguments, strict: strict,
      cost: 50)
  }

  private static func distinct(_ elements: [Element]) -> [Element] {
    var seen = ElementSet()
    return elements.filter { seen.insert($0) }
  }
}
