#include "KeyedLoops.h"

#include <cstdlib>
#include <queue>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace {

struct Hash {
  using is_transparent = void;
  size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
};

using Seen = std::unordered_map<std::string, int64_t, Hash, std::equal_to<>>;

struct Row {
  int64_t time;
  int64_t value;
  std::string key;
  bool operator<(const Row &other) const { return time > other.time; }
};

struct Session {
  int64_t start = 0;
  int64_t last = 0;
  int64_t count = 0;
  int64_t sum = 0;
};

struct Sessions {
  std::priority_queue<Row> waiting;
  std::unordered_map<std::string, Session, Hash, std::equal_to<>> open;
};

struct Join {
  std::unordered_multimap<std::string, int64_t, Hash, std::equal_to<>> sides[2];
  std::string keys;
  std::vector<uint32_t> ends;
  std::vector<int64_t> values[2];
};

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

void *loop_sessions_make(void) { return new Sessions(); }

void loop_sessions_free(void *sessions) { delete static_cast<Sessions *>(sessions); }

size_t loop_sessions(
    void *state, const uint32_t *offsets, const uint8_t *bytes, const int64_t *times,
    const int64_t *values, int64_t gap, int64_t watermark, size_t rows) {
  Sessions &sessions = *static_cast<Sessions *>(state);
  for (size_t i = 0; i < rows; i++) {
    sessions.waiting.push(Row{
        times[i], values[i],
        std::string(
            reinterpret_cast<const char *>(bytes) + offsets[i], offsets[i + 1] - offsets[i])});
  }
  size_t closed = 0;
  while (!sessions.waiting.empty() && sessions.waiting.top().time < watermark) {
    const Row &row = sessions.waiting.top();
    Session &session = sessions.open.try_emplace(row.key).first->second;
    if (session.count > 0 && row.time >= session.last + gap) {
      closed++;
      session = Session();
    }
    if (session.count == 0) session.start = row.time;
    session.last = row.time;
    session.count++;
    session.sum += row.value;
    sessions.waiting.pop();
  }
  return closed;
}

void *loop_join_make(void) { return new Join(); }

void loop_join_free(void *join) { delete static_cast<Join *>(join); }

size_t loop_join(
    void *state, int side, const uint32_t *offsets, const uint8_t *bytes, const int64_t *values,
    size_t rows) {
  Join &join = *static_cast<Join *>(state);
  join.keys.clear();
  join.ends.clear();
  for (auto &column : join.values) column.clear();
  for (size_t i = 0; i < rows; i++) {
    std::string_view key(
        reinterpret_cast<const char *>(bytes) + offsets[i], offsets[i + 1] - offsets[i]);
    auto found = join.sides[1 - side].equal_range(key);
    for (auto other = found.first; other != found.second; ++other) {
      join.keys.append(key);
      join.ends.push_back(static_cast<uint32_t>(join.keys.size()));
      join.values[side].push_back(values[i]);
      join.values[1 - side].push_back(other->second);
    }
    join.sides[side].emplace(key, values[i]);
  }
  return join.ends.size();
}
