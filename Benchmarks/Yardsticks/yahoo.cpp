#include "Yardsticks.h"

#include <simdjson.h>

#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace {

constexpr int64_t kWindow = 10'000'000;
constexpr size_t kBatch = 4096;

uint64_t mix(uint64_t a, uint64_t b) {
  const __uint128_t product = static_cast<__uint128_t>(a) * b;
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

uint64_t load(const uint8_t *p) {
  uint64_t word;
  std::memcpy(&word, p, 8);
  return word;
}

/// A wyhash-like hash of text of at least 8 bytes; shorter text is padded by its length.
uint64_t hash_text(const uint8_t *p, size_t n) {
  uint64_t h = 0x9E3779B97F4A7C15ull ^ n;
  if (n < 8) {
    uint64_t word = 0;
    std::memcpy(&word, p, n);
    return mix(h ^ word, 0xE7037ED1A0B428DBull);
  }
  size_t i = 0;
  for (; i + 16 <= n; i += 16) h = mix(load(p + i) ^ h, load(p + i + 8) ^ 0xE7037ED1A0B428DBull);
  return mix(load(p + n - 8) ^ h, 0xA0761D6478BD642Full);
}

struct AdSlot {
  uint64_t hash = 0;
  uint32_t key_offset = 0;
  uint32_t key_length = 0;
  uint32_t campaign = 0;
};

struct CountSlot {
  int64_t window = INT64_MIN;
  uint32_t campaign = 0;
  uint64_t count = 0;
};

}  // namespace

struct yardstick {
  std::vector<AdSlot> ads;
  std::vector<uint8_t> keys;
  std::vector<CountSlot> counts = std::vector<CountSlot>(1 << 16);
  size_t groups = 0;
  uint64_t views = 0;
  uint64_t hashes[kBatch];
  uint32_t selected[kBatch];
  simdjson::ondemand::parser parser;

  /// The campaign of an ad, or -1.
  int64_t campaign_of(const uint8_t *ad, size_t length, uint64_t hash) const {
    const size_t mask = ads.size() - 1;
    for (size_t at = hash & mask;; at = (at + 1) & mask) {
      const AdSlot &slot = ads[at];
      if (slot.key_length == 0) return -1;
      if (slot.hash == hash && slot.key_length == length &&
          std::memcmp(keys.data() + slot.key_offset, ad, length) == 0)
        return slot.campaign;
    }
  }

  void count(uint32_t campaign, int64_t time) {
    const int64_t window = time - time % kWindow;
    const size_t mask = counts.size() - 1;
    const uint64_t hash = mix(static_cast<uint64_t>(window) ^ 0x9E3779B97F4A7C15ull, campaign + 1);
    for (size_t at = hash & mask;; at = (at + 1) & mask) {
      CountSlot &slot = counts[at];
      if (slot.count != 0 && slot.window == window && slot.campaign == campaign) {
        slot.count++;
        return;
      }
      if (slot.count == 0) {
        slot = {window, campaign, 1};
        if (++groups * 10 > counts.size() * 7) grow();
        return;
      }
    }
  }

  void grow() {
    std::vector<CountSlot> old(counts.size() * 2);
    old.swap(counts);
    const size_t mask = counts.size() - 1;
    for (const CountSlot &slot : old) {
      if (slot.count == 0) continue;
      const uint64_t hash =
          mix(static_cast<uint64_t>(slot.window) ^ 0x9E3779B97F4A7C15ull, slot.campaign + 1);
      size_t at = hash & mask;
      while (counts[at].count != 0) at = (at + 1) & mask;
      counts[at] = slot;
    }
  }
};

extern "C" yardstick *yardstick_new(
    const uint8_t *ads, const uint32_t *campaign_of, size_t count) {
  auto *state = new yardstick();
  size_t capacity = 16;
  while (capacity * 7 < count * 10) capacity *= 2;
  state->ads.resize(capacity);
  state->keys.assign(ads, ads + count * 36);
  for (size_t i = 0; i < count; i++) {
    const uint64_t hash = hash_text(ads + i * 36, 36);
    size_t at = hash & (capacity - 1);
    while (state->ads[at].key_length != 0) at = (at + 1) & (capacity - 1);
    state->ads[at] = {hash, static_cast<uint32_t>(i * 36), 36, campaign_of[i]};
  }
  return state;
}

extern "C" void yardstick_free(yardstick *state) { delete state; }

extern "C" void yardstick_text(
    yardstick *state, size_t rows, const uint32_t *type_offsets, const uint8_t *type_bytes,
    const uint32_t *ad_offsets, const uint8_t *ad_bytes, const int64_t *times) {
  uint32_t view = 0;
  std::memcpy(&view, "view", 4);
  size_t kept = 0;
  for (size_t i = 0; i < rows; i++) {
    const uint32_t start = type_offsets[i];
    uint32_t word;
    std::memcpy(&word, type_bytes + start, 4);
    state->selected[kept] = static_cast<uint32_t>(i);
    kept += (type_offsets[i + 1] - start == 4) & (word == view);
  }
  for (size_t k = 0; k < kept; k++) {
    const uint32_t start = ad_offsets[state->selected[k]];
    state->hashes[k] =
        hash_text(ad_bytes + start, ad_offsets[state->selected[k] + 1] - start);
  }
  for (size_t k = 0; k < kept; k++) {
    const uint32_t row = state->selected[k];
    const uint32_t start = ad_offsets[row];
    const int64_t campaign =
        state->campaign_of(ad_bytes + start, ad_offsets[row + 1] - start, state->hashes[k]);
    if (campaign >= 0) state->count(static_cast<uint32_t>(campaign), times[row]);
  }
  state->views += kept;
}

extern "C" void yardstick_codes(
    yardstick *state, size_t rows, const uint32_t *type_codes, uint32_t view_code,
    const uint32_t *ad_codes, const uint32_t *campaign_of_code, const int64_t *times) {
  size_t kept = 0;
  for (size_t i = 0; i < rows; i++) {
    state->selected[kept] = static_cast<uint32_t>(i);
    kept += type_codes[i] == view_code;
  }
  for (size_t k = 0; k < kept; k++) {
    const uint32_t row = state->selected[k];
    state->count(campaign_of_code[ad_codes[row]], times[row]);
  }
  state->views += kept;
}

namespace {

/// Microseconds of `YYYY-MM-DDTHH:MM:SS[.fff…]Z`, with the days of the last date kept.
int64_t parse_time(std::string_view text) {
  const auto digit = [&](size_t i) { return static_cast<int64_t>(text[i] - '0'); };
  const auto two = [&](size_t i) { return digit(i) * 10 + digit(i + 1); };
  int64_t y = two(0) * 100 + two(2);
  const int64_t m = two(5), d = two(8);
  y -= m <= 2;
  const int64_t era = y / 400, yoe = y - era * 400;
  const int64_t doy = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
  const int64_t days = era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
  int64_t micros = ((days * 24 + two(11)) * 60 + two(14)) * 60 + two(17);
  int64_t fraction = 0, digits = 0;
  if (text.size() > 19 && text[19] == '.')
    for (size_t i = 20; i < text.size() && text[i] >= '0' && text[i] <= '9' && digits < 6; i++, digits++)
      fraction = fraction * 10 + digit(i);
  for (; digits < 6; digits++) fraction *= 10;
  return micros * 1'000'000 + fraction;
}

}  // namespace

extern "C" size_t yardstick_json(yardstick *state, const char *lines, size_t length) {
  size_t records = 0;
  const char *at = lines, *end = lines + length;
  while (at < end) {
    const auto *newline = static_cast<const char *>(std::memchr(at, '\n', end - at));
    const char *stop = newline ? newline : end;
    auto document = state->parser.iterate(at, stop - at, stop - at + simdjson::SIMDJSON_PADDING);
    // In the order of the record, so that On-Demand never looks back.
    const std::string_view ad = document["ad_id"];
    const std::string_view type = document["event_type"];
    const std::string_view time = document["event_time"];
    records++;
    if (type == "view") {
      state->views++;
      const auto *bytes = reinterpret_cast<const uint8_t *>(ad.data());
      const int64_t campaign =
          state->campaign_of(bytes, ad.size(), hash_text(bytes, ad.size()));
      if (campaign >= 0) state->count(static_cast<uint32_t>(campaign), parse_time(time));
    }
    at = stop + 1;
  }
  return records;
}

extern "C" void yardstick_totals(
    const yardstick *state, uint64_t *groups, uint64_t *views) {
  *groups = state->groups;
  uint64_t sum = 0;
  for (const CountSlot &slot : state->counts) sum += slot.count;
  *views = sum;
}
