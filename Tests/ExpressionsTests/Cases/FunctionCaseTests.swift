import Foundation
import Plans
import Testing

@Suite("Cases of every function")
struct FunctionCaseTests {
  @Test("Each line gives what stands behind its arrow", arguments: CaseFile.all)
  func outcomes(_ file: CaseFile) throws {
    let mismatches = try file.mismatches { FunctionCase($0).outcome }
    #expect(mismatches.isEmpty, "\(mismatches.joined(separator: "\n"))")
  }

  @Test("User agents are told by their headers")
  func userAgents() throws {
    let file = try #require(CaseFile.tables.first { $0.description == "user_agents.table" })
    #expect(try file.cases().count >= 60)
    let mismatches = try file.mismatches { header in
      let quoted = "\"" + header.replacing("\"", with: "\\\"") + "\""
      return ["browser", "browser_version", "os", "os_version", "device"].map { part in
        let outcome = FunctionCase("user_agent_\(part)(\(quoted))").outcome
        return outcome.replacing(": string?", with: "").replacing("\"", with: "")
      }.joined(separator: " | ")
    }
    #expect(mismatches.isEmpty, "\(mismatches.joined(separator: "\n"))")
  }

  @Test("Every example of the catalogue gives what it says")
  func examples() {
    for signature in FunctionCatalogue.declared {
      guard let end = signature.example.range(of: " is ", options: .backwards) else {
        Issue.record("`\(signature.name)` of \(signature.parameters) has no example")
        continue
      }
      let expression = String(signature.example[..<end.lowerBound])
      let expected = String(signature.example[end.upperBound...])
      let outcome = FunctionCase(expression).outcome
      #expect(outcome.hasPrefix(expected + ": "), "\(expression) gives \(outcome), not \(expected)")
    }
  }

  /// How often a function must be held, null and wrong use among them.
  private static let leastCases = 4

  @Test("Every function has cases, with null and with wrong arguments among them")
  func coverage() throws {
    let cases = try CaseFile.all.flatMap { try $0.cases() }
    #expect(cases.count >= 600)
    let names = Set(FunctionCatalogue.declared.map(\.name))
      .subtracting(FunctionCatalogue.operatorNames)
    for name in names.sorted() {
      let own = cases.filter { $0.expression.hasPrefix("\(name)(") }
      #expect(own.count >= Self.leastCases, "\(name) has \(own.count) cases")
      #expect(own.contains { $0.outcome.hasPrefix("error[") }, "\(name) is never used wrongly")
      let parameters = FunctionCatalogue.declared.filter { $0.name == name }.flatMap(\.parameters)
      if !parameters.isEmpty {
        #expect(own.contains { $0.expression.contains("null") }, "\(name) never sees null")
      }
    }
    for name in FunctionCatalogue.declared.compactMap({ $0.trying?.name }) {
      #expect(cases.contains { $0.expression.contains("\(name)(") }, "\(name) has no case")
    }
    #expect(cases.allSatisfy { !$0.outcome.hasPrefix("can't be bound: noKernel") })
  }
}
