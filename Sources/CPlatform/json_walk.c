#include "RaudalScan.h"
#include "clones.h"

// One loop for all of a chunk's records, compiled for what the processor has: what it costs is the
// number of its instructions, and with pointers in registers and 32 bytes at a time these are half.

typedef uint64_t block __attribute__((vector_size(32), aligned(1), may_alias));

static inline __attribute__((always_inline)) uint64_t differs(
    const uint8_t *p, const uint8_t *pattern, const uint8_t *mask) {
  return __builtin_reduce_or(
      (*(const block *)p ^ *(const block *)pattern) & *(const block *)mask);
}

static inline int is_digit(uint8_t c) { return (uint8_t)(c - '0') < 10; }

ptrdiff_t raudal_json_number_end(const uint8_t *base, size_t from, size_t end) {
  size_t at = from;
  if (at < end && base[at] == '-') at++;
  size_t whole = at;
  while (at < end && is_digit(base[at])) at++;
  if (at == whole || (base[whole] == '0' && at > whole + 1)) return -1;
  if (at < end && base[at] == '.') {
    size_t fraction = ++at;
    while (at < end && is_digit(base[at])) at++;
    if (at == fraction) return -1;
  }
  if (at < end && (base[at] | 0x20) == 'e') {
    at++;
    if (at < end && (base[at] == '-' || base[at] == '+')) at++;
    size_t exponent = at;
    while (at < end && is_digit(base[at])) at++;
    if (at == exponent) return -1;
  }
  return (ptrdiff_t)at;
}

uint32_t raudal_json_plain_value(const uint8_t *base, size_t from, size_t end) {
  if (from >= end) return 0;
  const uint8_t *p = base + from;
  size_t left = end - from;
  if (*p == '-' || is_digit(*p)) {
    ptrdiff_t stop = raudal_json_number_end(base, from, end);
    return stop < 0 ? 0 : (uint32_t)((size_t)stop - from) << 3 | RAUDAL_CELL_NUMBER;
  }
  if (left >= 4 && memcmp(p, "true", 4) == 0) return 4 << 3 | RAUDAL_CELL_TRUE;
  if (left >= 5 && memcmp(p, "false", 5) == 0) return 5 << 3 | RAUDAL_CELL_FALSE;
  if (left >= 4 && memcmp(p, "null", 4) == 0) return 4 << 3 | RAUDAL_CELL_NULL;
  return 0;
}

static inline __attribute__((always_inline)) int follow_record(
    const raudal_json_trail *trail, size_t row, size_t end, raudal_json_place *place) {
  const uint8_t *arena = trail->arena;
  const uint32_t *next = trail->index + place->cursor;
  const raudal_json_entry *entry = trail->entries + place->field;
  const raudal_json_entry *last = trail->entries + trail->count;
  const uint8_t *pattern = trail->patterns + place->field * RAUDAL_PATTERN_STRIDE;
  uint32_t *starts = trail->starts + row, *sizes = trail->sizes + row;
  size_t at = place->at;
  int is_whole = 0;
  for (;; entry++, pattern += RAUDAL_PATTERN_STRIDE) {
    if (differs(arena + at, pattern, pattern + 64)) break;
    if (entry->length > 32 && differs(arena + at + 32, pattern + 32, pattern + 96)) break;
    size_t from = at + (size_t)entry->length;
    if (entry == last) {
      is_whole = from == end;
      break;
    }
    if (arena[from] == '"') {
      size_t close = next[entry->specials + 1];
      if (close >= end || arena[close] != '"') break;
      starts[entry->slots] = (uint32_t)from + 1;
      sizes[entry->slots] = (uint32_t)(close - from - 1) << 3 | RAUDAL_CELL_TEXT;
      next += entry->specials + 2;
      at = close + 1;
    } else {
      uint32_t size = raudal_json_plain_value(arena, from, end);
      if (size == 0) break;
      starts[entry->slots] = (uint32_t)from;
      sizes[entry->slots] = size;
      next += entry->specials;
      at = from + (size >> 3);
    }
  }
  place->at = at;
  place->field = (size_t)(entry - trail->entries);
  place->cursor = (size_t)(next - trail->index);
  return is_whole;
}

int raudal_json_follow(
    const raudal_json_trail *trail, size_t row, size_t end, raudal_json_place *place) {
  while (trail->index[place->cursor] < place->at) place->cursor++;
  return trail->count > 0 && follow_record(trail, row, end, place);
}

RAUDAL_CLONES("avx2", "default")
void raudal_json_follow_rows(
    const raudal_json_trail *trail, const raudal_span *spans, size_t rows, int checks_text,
    raudal_json_place *place) {
  const raudal_json_trail own = *trail;
  raudal_json_place to = *place;
  for (; to.row < rows; to.row++) {
    if (spans[to.row].length < 0) continue;
    size_t start = spans[to.row].start, end = start + (size_t)spans[to.row].length;
    to.at = start;
    to.field = 0;
    while (own.index[to.cursor] < start) to.cursor++;
    if (own.count == 0) break;
    if (checks_text && !raudal_valid_utf8(own.arena + start, end - start)) break;
    if (!follow_record(&own, to.row, end, &to)) break;
  }
  *place = to;
}
