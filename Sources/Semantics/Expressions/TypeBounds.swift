import Schemas

/// How large a type may be, so that nothing which walks it takes long or goes deep: as declared
/// types, see `RecordType`.
extension DataType {
  /// Each value that is made of others asks it of its own type, so what is looked at is bounded.
  var isWithinBounds: Bool {
    let size = extent
    return size.parts <= RecordType.parts && size.levels <= RecordType.levels
  }

  /// Fields, those inside of others included, and how deep values lie in values.
  private var extent: (parts: Int, levels: Int) {
    switch self {
    case .list(let element), .map(let element):
      let inner = element.type.extent
      return (inner.parts, inner.levels + 1)
    case .structure(let fields):
      return fields.reduce(into: (0, 1)) { size, field in
        let inner = field.type.extent
        size = (size.0 + 1 + inner.parts, max(size.1, inner.levels + 1))
      }
    default: return (0, 0)
    }
  }
}
