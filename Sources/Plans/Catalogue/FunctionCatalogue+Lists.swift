import Schemas

/// Functions of lists and maps. Elements are equal where `group by` takes them for equal: null
/// equals null here, and NaN equals NaN.
extension FunctionCatalogue {
  static let nested: [FunctionSignature] = access + looking + making + combining + maps

  private static let texts = DataType.list(FieldType(.string, nullable: true))

  private static let access: [FunctionSignature] = [
    FunctionSignature(
      "at", [.list, .value(.int)], .element, nulls: .alwaysNullable,
      "`list[i]`: the element at a place, counted from 0; null out of range.",
      "[7, 8][1] is 8"),
    FunctionSignature(
      "at", [.map, .value(.string)], .mapValue, nulls: .alwaysNullable,
      "`map[\"k\"]`: the value of a key; null where it has none.",
      "str_to_map(\"a=1\")[\"a\"] is \"1\""),
    FunctionSignature(
      "cardinality", [.list], .type(.int), "How many elements the list has.",
      "cardinality([7, 8]) is 2"),
    FunctionSignature(
      "cardinality", [.map], .type(.int), "How many entries the map has.",
      "cardinality(str_to_map(\"a=1\")) is 1"),
    FunctionSignature(
      "element", [.list], .element, nulls: .alwaysNullable, fails: .data,
      "The only element; null of an empty list; fails of several.", "element([7]) is 7"),
  ]

  private static let looking: [FunctionSignature] = [
    FunctionSignature(
      "array_contains", [.list, .element], .type(.bool), nulls: .first,
      "Whether the list holds the element, which may be null.",
      "array_contains([7, 8], 8) is true"),
    FunctionSignature(
      "array_position", [.list, .element], .type(.int),
      "Where the element stands first, counted from 1; 0 for nowhere, null for a null.",
      "array_position([7, 8], 8) is 2"),
    FunctionSignature(
      "array_max", [.orderedList], .element, nulls: .alwaysNullable,
      "The greatest element that is not null; null of none.", "array_max([7, 9, 8]) is 9"),
    FunctionSignature(
      "array_min", [.orderedList], .element, nulls: .alwaysNullable,
      "The least element that is not null; null of none.", "array_min([7, 9, 8]) is 7"),
    FunctionSignature(
      "array_sum", [.numberList], .elementSum, fails: .overflow,
      "`list.sum()`: the sum of the elements that are not null; 0 of none.",
      "array_sum([7, 8]) is 15"),
    FunctionSignature(
      "array_join", [.value(texts), .value(.string), .value(.string)], optional: 1,
      .type(.string),
      "The elements with the second argument between them; nulls are left out, or are the third.",
      "array_join([\"a\", \"b\"], \"-\") is \"a-b\""),
  ]

  private static let making: [FunctionSignature] = [
    FunctionSignature(
      "array_append", [.list, .element], .list, nulls: .first,
      "The list with the element, which may be null, behind it.", "array_append([7], 8) is [7,8]"),
    FunctionSignature(
      "array_prepend", [.list, .element], .list, nulls: .first,
      "The list with the element, which may be null, before it.", "array_prepend([7], 8) is [8,7]"),
    FunctionSignature(
      "array_remove", [.list, .element], .list, nulls: .first,
      "The list without all that equal the element; of a null without nulls.",
      "array_remove([7, 8, 7], 7) is [8]"),
    FunctionSignature(
      "array_distinct", [.list], .list, "The elements, each once, in the order of their first.",
      "array_distinct([7, 8, 7]) is [7,8]"),
    FunctionSignature(
      "array_reverse", [.list], .list, "The elements from last to first.",
      "array_reverse([7, 8]) is [8,7]"),
    FunctionSignature(
      "array_slice", [.list, .value(.int), .value(.int)], optional: 1, .list,
      "The elements from one place to another, or to the end, both counted from 1 and included; "
        + "below 0 from the end.", "array_slice([7, 8, 9], 2, 3) is [8,9]"),
    FunctionSignature(
      "array_sort", [.orderedList, .value(.bool), .value(.bool)], optional: 2, .list,
      "The elements from least to greatest, nulls first; with `false` from greatest to least, "
        + "nulls last. A third argument says whether nulls are first.",
      "array_sort([9, 7, 8]) is [7,8,9]"),
  ]

  private static let combining: [FunctionSignature] = [
    FunctionSignature(
      "array_concat", [.list, .list], variadic: true, .list, "One list behind the other.",
      "array_concat([7], [8, 9]) is [7,8,9]"),
    FunctionSignature(
      "array_union", [.list, .list], .list, "The elements of both, each once.",
      "array_union([7, 8], [8, 9]) is [7,8,9]"),
    FunctionSignature(
      "array_intersect", [.list, .list], .list,
      "The elements of the first that the second holds too, each once.",
      "array_intersect([7, 8], [8, 9]) is [8]"),
    FunctionSignature(
      "array_except", [.list, .list], .list,
      "The elements of the first that the second does not hold, each once.",
      "array_except([7, 8], [8, 9]) is [7]"),
    FunctionSignature(
      "split", [.value(.string), .value(.string)], .type(.list(FieldType(.string))),
      "The pieces of the text between the separators; where the separator is empty, its code "
        + "points.",
      "split(\"a,b\", \",\") is [\"a\",\"b\"]"),
  ]

  private static let maps: [FunctionSignature] = [
    FunctionSignature(
      "map_keys", [.map], .type(.list(FieldType(.string))), "The keys, ascending.",
      "map_keys(str_to_map(\"b=1,a=2\")) is [\"a\",\"b\"]"),
    FunctionSignature(
      "map_values", [.map], .mapValues, "The values, in the order of the keys.",
      "map_values(str_to_map(\"b=1,a=2\")) is [\"2\",\"1\"]"),
    FunctionSignature(
      "map_entries", [.map], .mapEntries, "A struct `{ key, value }` for each entry.",
      "map_entries(str_to_map(\"a=1\"))[0].key is \"a\""),
    FunctionSignature(
      "map_union", [.map, .map], variadic: true, .map,
      "All entries; of equal keys the last map's wins.",
      "map_union(str_to_map(\"a=1\"), str_to_map(\"a=2\"))[\"a\"] is \"2\""),
    FunctionSignature(
      "map_from_arrays", [.value(.list(FieldType(.string))), .list], .mapOfElements,
      fails: .data,
      "A map of keys and their values, of equal keys the last; lists of two lengths fail.",
      "map_from_arrays([\"a\"], [7])[\"a\"] is 7"),
    FunctionSignature(
      "str_to_map", [.value(.string), .value(.string), .value(.string)], optional: 2,
      .type(.map(FieldType(.string, nullable: true))),
      "Entries out of text, `,` between them and `=` behind keys if the further arguments don't "
        + "say otherwise; of a key without `=` the value is null.",
      "str_to_map(\"a=1,b=2\")[\"b\"] is \"2\""),
  ]
}
