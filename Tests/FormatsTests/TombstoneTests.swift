import Columns
import Formats
import Plans
import Schemas
import Testing

/// Records without a value: a deletion in a topic, and no row of nulls.
struct TombstoneTests {
  @Test(arguments: [DecodingSpec.Format.json, .csv], [true, false])
  func `a record without a value cannot be read, whatever its type`(
    format: DecodingSpec.Format, nullable: Bool
  ) throws {
    let good = format == .json ? #"{"id":1}"# : "1"
    let decoded = try decode(
      [column("id", .int, nullable: nullable)], [nil, good, nil], format: format)
    #expect(decoded.failures.map(\.row) == [0, 2])
    #expect(decoded.failures.allSatisfy { $0.reason == "the record has no value (a tombstone)" })
    #expect(decoded.batch.selectedCount == 1)
  }
}
