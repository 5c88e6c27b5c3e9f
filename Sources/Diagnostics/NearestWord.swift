/// The word that was probably meant, for "did you mean".
///
/// Nearest by optimal string alignment (insertions, deletions, replacements and swaps of
/// neighbours), letter case aside, if no more than about a third of the letters differ; of equally
/// near words the first. O(words × length²): lengths over 64 bytes are not compared, and of more
/// than a thousand words none is suggested, since a file may have thousands of mistakes as well.
package func nearestWord(to word: String, among words: some Collection<String>) -> String? {
  guard words.count <= 1_000 else { return nil }
  let letters = Array(word.lowercased().utf8)
  guard !letters.isEmpty, letters.count <= 64 else { return nil }
  var best: (word: String, distance: Int)?
  for candidate in words where candidate != word {
    let other = Array(candidate.lowercased().utf8)
    let allowed = max(1, (max(letters.count, other.count) + 1) / 3)
    guard other.count <= 64, abs(other.count - letters.count) <= allowed else { continue }
    let distance = alignmentDistance(letters, other)
    guard distance <= allowed, distance < max(letters.count, other.count) else { continue }
    if distance < best?.distance ?? .max { best = (candidate, distance) }
  }
  return best?.word
}

private func alignmentDistance(_ a: [UInt8], _ b: [UInt8]) -> Int {
  var beforeLast = [Int](repeating: 0, count: b.count + 1)
  var last = Array(0...b.count)
  for i in 0..<a.count {
    var row = [i + 1]
    for j in 0..<b.count {
      let replaced = last[j] + (a[i] == b[j] ? 0 : 1)
      var distance = min(replaced, last[j + 1] + 1, row[j] + 1)
      if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] {
        distance = min(distance, beforeLast[j - 1] + 1)
      }
      row.append(distance)
    }
    (beforeLast, last) = (last, row)
  }
  return last[b.count]
}
