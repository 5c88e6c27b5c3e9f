import Glibc
import Platform

/// Where a pipeline's state lies by itself: below `.raudal` in the working directory.
enum StateDirectory {
  static func path(of pipeline: String) -> String {
    let place = ".raudal/\(PathName.encoded(pipeline))"
    // Earlier versions took the name as it is; what they left in a folder of that name stays there.
    let former = ".raudal/\(pipeline)"
    let isFolder = !pipeline.contains("/") && !pipeline.hasPrefix(".")
    return isFolder && access(place, F_OK) != 0 && access(former, F_OK) == 0 ? former : place
  }
}
