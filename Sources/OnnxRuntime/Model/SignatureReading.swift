import COnnxRuntime

/// Reads what a model says of itself.
extension OnnxLibrary {
  func signature(of session: OpaquePointer) throws(OnnxFailure) -> OnnxSignature {
    var inputs: [OnnxPort] = []
    var outputs: [OnnxPort] = []
    var count = 0
    try check(api.pointee.SessionGetInputCount(session, &count))
    for index in 0..<count {
      var name: UnsafeMutablePointer<CChar>?
      var type: OpaquePointer?
      try check(api.pointee.SessionGetInputName(session, index, allocator, &name))
      try check(api.pointee.SessionGetInputTypeInfo(session, index, &type))
      inputs.append(try port(name, type))
    }
    try check(api.pointee.SessionGetOutputCount(session, &count))
    for index in 0..<count {
      var name: UnsafeMutablePointer<CChar>?
      var type: OpaquePointer?
      try check(api.pointee.SessionGetOutputName(session, index, allocator, &name))
      try check(api.pointee.SessionGetOutputTypeInfo(session, index, &type))
      outputs.append(try port(name, type))
    }
    return OnnxSignature(inputs: inputs, outputs: outputs)
  }

  /// Takes over the name and the type.
  private func port(
    _ name: UnsafeMutablePointer<CChar>?, _ type: OpaquePointer?
  ) throws(OnnxFailure) -> OnnxPort {
    defer { api.pointee.ReleaseTypeInfo(type) }
    var text = ""
    if let name {
      text = String(cString: name)
      try check(api.pointee.AllocatorFree(allocator, name))
    }
    var kind: Int32 = 0
    try check(api.pointee.GetOnnxTypeFromTypeInfo(type, &kind))
    guard kind == Int32(RAUDAL_ORT_TENSOR) else {
      return OnnxPort(text, .other(Self.words(kind)))
    }
    var tensor: OpaquePointer?
    try check(api.pointee.CastTypeInfoToTensorInfo(type, &tensor))
    let (element, sizes) = try elementAndSizes(tensor)
    return OnnxPort(text, .tensor(element, try dimensions(tensor, sizes)))
  }

  private static func words(_ kind: Int32) -> String {
    switch kind {
    case Int32(RAUDAL_ORT_SEQUENCE): "a sequence (as of maps, by scikit-learn's ZipMap)"
    case Int32(RAUDAL_ORT_MAP): "a map"
    default: "no tensor"
    }
  }

  /// Sizes that are not fixed are negative.
  func elementAndSizes(
    _ tensor: OpaquePointer?
  ) throws(OnnxFailure) -> (element: OnnxElement, sizes: [Int64]) {
    var element: Int32 = 0
    try check(api.pointee.GetTensorElementType(tensor, &element))
    var rank = 0
    try check(api.pointee.GetDimensionsCount(tensor, &rank))
    var sizes = [Int64](repeating: 0, count: rank)
    try check(api.pointee.GetDimensions(tensor, &sizes, rank))
    return (OnnxElement(number: element), sizes)
  }

  private func dimensions(
    _ tensor: OpaquePointer?, _ sizes: [Int64]
  ) throws(OnnxFailure) -> [OnnxDimension] {
    var names = [UnsafePointer<CChar>?](repeating: nil, count: sizes.count)
    try check(api.pointee.GetSymbolicDimensions(tensor, &names, sizes.count))
    return zip(sizes, names).map { size, name in
      size >= 0 ? .fixed(Int(size)) : .symbolic(name.map { String(cString: $0) } ?? "")
    }
  }
}
