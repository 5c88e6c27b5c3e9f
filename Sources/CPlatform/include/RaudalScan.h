#pragma once
// Searches in bytes for the decoders: small ones inlined into Swift, the block-wise index of a
// chunk of JSON dispatched by what the processor has.
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

/// Writes the positions (relative to `base`, ascending) of all quotes, backslashes and control
/// characters in [from, to) and returns how many. `out` has room for `to - from + 16`; 64 bytes
/// behind `to` must be readable. `*non_ascii` becomes 1 where a byte above 127 may be in the range.
size_t raudal_json_index(
    const uint8_t *base, size_t from, size_t to, uint32_t *out, int *non_ascii);

/// The same without vector instructions beyond the baseline; for tests.
size_t raudal_json_index_portable(
    const uint8_t *base, size_t from, size_t to, uint32_t *out, int *non_ascii);

/// Writes the positions (relative to `base`, ascending) of the first `limit` newlines at most in
/// [from, to) and returns how many. `out` has room for `limit + 64`; 64 bytes behind `to` must be
/// readable.
size_t raudal_lines(
    const uint8_t *base, size_t from, size_t to, uint32_t *out, size_t limit);

/// The same without vector instructions beyond the baseline; for tests.
size_t raudal_lines_portable(
    const uint8_t *base, size_t from, size_t to, uint32_t *out, size_t limit);

/// Whether the bytes are UTF-8 (no overlong forms, no surrogates, at most U+10FFFF).
int raudal_valid_utf8(const uint8_t *p, size_t length);

/// The first quote, backslash or control character in [p, end), or `end`. 16 bytes behind `end`
/// must be readable.
static inline __attribute__((always_inline)) const uint8_t *raudal_find_special(
    const uint8_t *p, const uint8_t *end) {
#if defined(__SSE2__)
  const __m128i quote = _mm_set1_epi8('"'), escape = _mm_set1_epi8('\\');
  const __m128i control = _mm_set1_epi8(0x1F);
  while (p < end) {
    __m128i v = _mm_loadu_si128((const __m128i *)p);
    __m128i m = _mm_or_si128(
        _mm_or_si128(_mm_cmpeq_epi8(v, quote), _mm_cmpeq_epi8(v, escape)),
        _mm_cmpeq_epi8(_mm_min_epu8(v, control), v));
    int bits = _mm_movemask_epi8(m);
    if (bits) {
      p += __builtin_ctz((unsigned)bits);
      return p < end ? p : end;
    }
    p += 16;
  }
  return end;
#else
  while (p < end && *p >= 0x20 && *p != '"' && *p != '\\') p++;
  return p;
#endif
}

/// The first of two bytes or a newline in [p, end), or `end`: the special characters of a CSV line.
static inline __attribute__((always_inline)) const uint8_t *raudal_find_either(
    const uint8_t *p, const uint8_t *end, uint8_t a, uint8_t b) {
#if defined(__SSE2__)
  const __m128i first = _mm_set1_epi8((char)a), second = _mm_set1_epi8((char)b);
  while (p < end) {
    __m128i v = _mm_loadu_si128((const __m128i *)p);
    int bits = _mm_movemask_epi8(
        _mm_or_si128(_mm_cmpeq_epi8(v, first), _mm_cmpeq_epi8(v, second)));
    if (bits) {
      p += __builtin_ctz((unsigned)bits);
      return p < end ? p : end;
    }
    p += 16;
  }
  return end;
#else
  while (p < end && *p != a && *p != b) p++;
  return p;
#endif
}

/// Copies 32 bytes, whatever lies behind them: both sides have the slack.
static inline __attribute__((always_inline)) void raudal_copy32(void *to, const void *from) {
  memcpy(to, from, 32);
}

// The walk of JSON records along a template.

/// What a value is, in the low three bits of its size; the same as `CellSlots.Kind`.
enum {
  RAUDAL_CELL_TEXT = 1,
  RAUDAL_CELL_NUMBER = 3,
  RAUDAL_CELL_TRUE = 4,
  RAUDAL_CELL_FALSE = 5,
  RAUDAL_CELL_NULL = 6,
};

/// Bytes of an entry's pattern (64 at most) and, behind it, of the mask of those that count.
enum { RAUDAL_PATTERN_STRIDE = 128 };

/// A field of the template.
typedef struct {
  /// Bytes of the pattern.
  int32_t length;
  /// Bytes of the pattern that the index lists: quotes, and newlines of indented records.
  int32_t specials;
  /// Where the field's slots begin; the dummy's for a field that nobody wants.
  int32_t slots;
  /// Where the name lies in the pattern.
  int32_t name_start;
  int32_t name_length;
} raudal_json_entry;

/// All that the walk through a chunk reads and writes.
typedef struct {
  const uint8_t *arena;
  /// The positions of quotes, backslashes and control characters. Behind the last stand sentinels,
  /// not before the chunk's end, as many as one step looks ahead: 66.
  const uint32_t *index;
  /// `count` fields, and behind them what follows the last value: an entry without a value.
  const raudal_json_entry *entries;
  const uint8_t *patterns;
  /// 0 while there is no template.
  size_t count;
  /// The slots: where a value begins, and length × 8 + what it is.
  uint32_t *starts;
  uint32_t *sizes;
} raudal_json_trail;

/// How far a chunk is read.
typedef struct {
  size_t row;
  /// Behind the last value of the row that was taken.
  size_t at;
  /// The template's entry that is expected there.
  size_t field;
  /// The first position of the index that is not before `at`.
  size_t cursor;
} raudal_json_place;

/// Where a record lies in the arena; a negative length stands for none.
typedef struct {
  uint32_t start;
  int32_t length;
} raudal_span;

/// Takes records from `place->row` on as long as they follow the template from end to end. Then
/// `place` stands in the first that does not, as far as it agrees; or its row is `rows`. With
/// `checks_text`, a record that is no UTF-8 does not follow. 64 bytes behind every record are
/// readable.
void raudal_json_follow_rows(
    const raudal_json_trail *trail, const raudal_span *spans, size_t rows, int checks_text,
    raudal_json_place *place);

/// Goes on from `place` in one record as far as it agrees with the template; whether that is to its
/// end. The cursor may stand before `place->at`.
int raudal_json_follow(
    const raudal_json_trail *trail, size_t row, size_t end, raudal_json_place *place);

/// The slot size of the number or word that begins at `from`; 0 where there is neither.
uint32_t raudal_json_plain_value(const uint8_t *base, size_t from, size_t end);

/// Where the number ends that begins at `from`; -1 where it is malformed.
ptrdiff_t raudal_json_number_end(const uint8_t *base, size_t from, size_t end);
