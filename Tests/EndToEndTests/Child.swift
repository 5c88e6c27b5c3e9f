import Foundation
import Glibc

/// A program as a child process; its output goes to files, so that no pipe can fill up and hold it.
/// Killed when the test lets go of it.
final class Child {
  private let ending = Ending()
  private let pid: pid_t
  private let folder: URL

  init(
    _ program: URL, _ arguments: [String], environment: [String: String] = [:],
    directory: URL = Commands.root
  ) throws {
    folder = FileManager.default.temporaryDirectory
      .appending(path: "raudal-child-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let variables = ProcessInfo.processInfo.environment.merging(environment) { _, new in new }
    pid = try Self.spawn(
      [program.path] + arguments, variables.map { "\($0)=\($1)" }, directory: directory.path,
      output: folder.appending(path: "out").path, errors: folder.appending(path: "err").path)
    let (pid, ending) = (pid, ending)
    Thread { ending.reap(pid) }.start()
  }

  deinit {
    signal(SIGKILL)
    try? FileManager.default.removeItem(at: folder)
  }

  var isRunning: Bool { ending.status == nil }
  var output: String { text("out") }
  var errors: String { text("err") }

  /// Sends a signal, unless it has ended.
  func signal(_ number: Int32) {
    ending.ifRunning { kill(pid, number) }
  }

  /// Waits for its end, which it is helped to after `seconds`.
  @discardableResult
  func wait(_ seconds: Double = 120) -> Commands.Result {
    if !until(seconds, { !self.isRunning }) {
      signal(SIGKILL)
      _ = until(10) { !self.isRunning }
    }
    return Commands.Result(status: ending.status ?? -1, output: output, errors: errors)
  }

  /// Waits until the condition holds, the program has ended or the time is over; whether it holds.
  func until(_ seconds: Double, _ holds: () -> Bool) -> Bool {
    let end = Date().addingTimeInterval(seconds)
    while !holds() {
      let hasEnded = ending.wait(until: min(end, Date().addingTimeInterval(0.02)))
      if hasEnded || Date() >= end { return holds() }
    }
    return true
  }

  /// Whether its log says so within that time.
  func says(_ text: String, within seconds: Double = 90) -> Bool {
    until(seconds) { errors.contains(text) }
  }

  /// Whether it tells within that time of a checkpoint of that number, or of a later one: where
  /// they come quickly not each is told.
  func makes(checkpoint number: Int, within seconds: Double = 90) -> Bool {
    until(seconds) {
      errors.matches(of: /checkpoint ([0-9]+):/).contains { Int($0.1) ?? 0 >= number }
    }
  }

  private static func spawn(
    _ arguments: [String], _ environment: [String], directory: String, output: String,
    errors: String
  ) throws -> pid_t {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    let write = O_WRONLY | O_CREAT | O_TRUNC
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, output, write, 0o644)
    posix_spawn_file_actions_addopen(&actions, 2, errors, write, 0o644)
    // What the test runner holds open is none of its business.
    let script =
      #"for f in /proc/$$/fd/*; do n=${f##*/}; ((n > 2)) && exec {n}>&-; done; cd "$0"; exec "$@""#
    let shell = ["/bin/bash", "-c", script, directory] + arguments
    var words: [UnsafeMutablePointer<CChar>?] = shell.map { strdup($0) } + [nil]
    var variables: [UnsafeMutablePointer<CChar>?] = environment.map { strdup($0) } + [nil]
    defer { for word in words + variables { free(word) } }
    var pid: pid_t = 0
    let code = posix_spawn(&pid, shell[0], &actions, nil, &words, &variables)
    guard code == 0 else {
      throw Commands.Failure(
        "\(arguments[0]) cannot be started: \(String(cString: strerror(code)))")
    }
    return pid
  }

  private func text(_ name: String) -> String {
    guard let data = try? Data(contentsOf: folder.appending(path: name)) else { return "" }
    return String(decoding: data, as: UTF8.self)
  }
}

/// How a child ended, as soon as it has.
private final class Ending: @unchecked Sendable {
  // Guarded by the condition.
  private let condition = NSCondition()
  private var found: Int32?

  /// As a shell tells it: the exit status, or 128 and the signal.
  var status: Int32? { condition.withLock { found } }

  /// A process that was reaped has no id any more.
  func ifRunning(_ body: () -> Void) {
    condition.withLock { if found == nil { body() } }
  }

  /// Whether it has ended by then.
  func wait(until time: Date) -> Bool {
    condition.withLock {
      while found == nil, condition.wait(until: time) {}
      return found != nil
    }
  }

  func reap(_ pid: pid_t) {
    // Its id stays its own until it is waited for under the lock.
    var information = siginfo_t()
    while waitid(P_PID, id_t(pid), &information, WEXITED | WNOWAIT) < 0, errno == EINTR {}
    condition.withLock {
      var status: Int32 = 0
      while waitpid(pid, &status, 0) < 0, errno == EINTR {}
      let signal = status & 0x7F
      found = signal == 0 ? (status >> 8) & 0xFF : 128 + signal
      condition.broadcast()
    }
  }
}
