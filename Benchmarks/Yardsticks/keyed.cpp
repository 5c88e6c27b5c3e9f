#include "KeyedLoops.h"

#include <cstdlib>
#include <string>
#include <string_view>
#include <unordered_map>

namespace {

struct Hash {
  using is_transparent = void;
  size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
};

using Seen = std::unordered_map<std::string, int64_t, Hash, std::equal_to<>>;

}  // namespace

void *loop_dedupe_make(void) { return new Seen(); }

void loop_dedupe_free(void *seen) { delete static_cast<Seen *>(seen); }

size_t loop_dedupe(
    void *state, const uint32_t *offsets, const uint8_t *bytes, const int64_t *times, int64_t span,
    uint32_t *kept, size_t rows) {
  Seen &seen = *static_cast<Seen *>(state);
  size_t count = 0;
  for (size_t i = 0; i < rows; i++) {
    std::string_view key(
        reinterpret_cast<const char *>(bytes) + offsets[i], offsets[i + 1] - offsets[i]);
    auto found = seen.try_emplace(std::string(key), times[i]);
    if (!found.second) {
      if (std::llabs(times[i] - found.first->second) < span) continue;
      found.first->second = times[i];
    }
    kept[count++] = static_cast<uint32_t>(i);
  }
  return count;
}
