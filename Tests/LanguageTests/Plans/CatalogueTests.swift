import Plans
import Schemas
import Testing

/// The catalogue's own consistency: what one part names, the others have.
@Suite struct CatalogueTests {
  @Test func `Aliases and operators name functions that are there`() {
    for (alias, name) in FunctionCatalogue.aliases {
      #expect(!FunctionCatalogue.signatures(named: name).isEmpty, "\(alias)")
    }
    for name in FunctionCatalogue.operatorNames {
      #expect(!FunctionCatalogue.signatures(named: name).isEmpty, "\(name)")
    }
  }

  @Test func `Every function is described and optional parameters come last`() {
    for signature in FunctionCatalogue.signatures {
      #expect(!signature.documentation.isEmpty, "\(signature.name)")
      #expect(signature.example.isEmpty == signature.name.hasPrefix("try_"), "\(signature.name)")
      // What takes any number of arguments may take none.
      let most = signature.parameters.count - (signature.isVariadic ? 0 : 1)
      #expect(signature.optionalCount <= max(0, most), "\(signature.name)")
    }
  }

  @Test func `Each function that fails has a twin that does not, by its aliases too`() {
    for signature in FunctionCatalogue.declared where signature.fallibility != .never {
      let twins = FunctionCatalogue.signatures(named: "try_" + signature.name)
      #expect(twins.contains { $0.parameters == signature.parameters }, "\(signature.name)")
      #expect(twins.allSatisfy { $0.fallibility == .never && $0.nulls == .alwaysNullable })
    }
    #expect(!FunctionCatalogue.signatures(named: "try_mod").isEmpty)
    #expect(FunctionCatalogue.signatures(named: "try_lower").isEmpty)
    #expect(FunctionCatalogue.callableNames.contains("try_divide"))
  }

  @Test func `No two signatures of a name take the same types`() {
    for (index, signature) in FunctionCatalogue.signatures.enumerated() {
      for other in FunctionCatalogue.signatures.dropFirst(index + 1)
      where other.name == signature.name {
        #expect(other.parameters != signature.parameters, "\(signature.name)")
      }
    }
  }

  @Test func `Decimal results follow SQL`() {
    func decimal(_ p: Int, _ s: Int) -> DataType { .decimal(precision: p, scale: s) }
    #expect(DecimalRules.sum(decimal(12, 2), decimal(10, 4)) == decimal(15, 4))
    #expect(DecimalRules.product(decimal(12, 2), decimal(10, 4)) == decimal(22, 6))
    #expect(DecimalRules.quotient(decimal(12, 2), decimal(10, 4)) == decimal(27, 13))
    #expect(DecimalRules.remainder(decimal(12, 2), decimal(10, 4)) == decimal(10, 4))
    #expect(DecimalRules.sum(decimal(38, 10), decimal(38, 10)) == decimal(38, 9))
    #expect(DecimalRules.product(decimal(38, 10), decimal(38, 10)) == decimal(38, 6))
  }

  @Test func `Times are shown as they are written`() {
    #expect(TimeRendering.timestamp(0) == "1970-01-01T00:00:00Z")
    #expect(TimeRendering.timestamp(-1) == "1969-12-31T23:59:59.999999Z")
    #expect(TimeRendering.timestamp(951_782_400_500_000) == "2000-02-29T00:00:00.5Z")
    #expect(TimeRendering.duration(5_400_000_000) == "1h30m")
    #expect(TimeRendering.duration(-250_000) == "-250ms")
    #expect(!TimeRendering.timestamp(.min).isEmpty)
    #expect(!TimeRendering.timestamp(.max).isEmpty)
  }

  @Test func `Decimals change their scale only without loss`() {
    #expect(DecimalText.rescale(125, from: 2, to: 3, precision: 4) == 1250)
    #expect(DecimalText.rescale(125, from: 2, to: 1, precision: 4) == nil)
    #expect(DecimalText.rescale(125, from: 2, to: 2, precision: 2) == nil)
    #expect(DecimalText.rescale(.max, from: 0, to: 5, precision: 38) == nil)
    #expect(DecimalText.text(-5, scale: 2) == "-0.05")
  }
}
