import Columns
import Connectors
import Formats
package import Plans

extension JobSetup {
  /// The decoder of the source's format: what `decoders` is outside of simulations.
  package static func formatDecoder(_ spec: SourceSpec) throws -> Decoder {
    let decoder = try makeDecoder(spec.decoding)
    return { records in
      let decoded = decoder.decode(records)
      return (
        decoded.batch, decoded.failures.map { RowFailure(row: $0.row, reason: $0.reason) }
      )
    }
  }
}
