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
/// characters in [from, to) and returns how many. `out` has room for `to - from + 16`; 64
/// bytes behind `to` must be readable. `*non_ascii` becomes 1 where a byte above 127 may be in the range.
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

/// Whether `blocks` × 16 bytes at `p` equal `pattern` where `mask` has ones.
static inline __attribute__((always_inline)) int raudal_matches(
    const uint8_t *p, const uint8_t *pattern, const uint8_t *mask, int blocks) {
#if defined(__SSE2__)
  __m128i differs = _mm_and_si128(
      _mm_xor_si128(
          _mm_loadu_si128((const __m128i *)p), _mm_loadu_si128((const __m128i *)pattern)),
      _mm_loadu_si128((const __m128i *)mask));
  for (int k = 1; k < blocks; k++)
    differs = _mm_or_si128(
        differs,
        _mm_and_si128(
            _mm_xor_si128(
                _mm_loadu_si128((const __m128i *)(p + 16 * k)),
                _mm_loadu_si128((const __m128i *)(pattern + 16 * k))),
            _mm_loadu_si128((const __m128i *)(mask + 16 * k))));
  return _mm_movemask_epi8(_mm_cmpeq_epi8(differs, _mm_setzero_si128())) == 0xFFFF;
#else
  for (int k = 0; k < blocks * 16; k++)
    if ((p[k] ^ pattern[k]) & mask[k]) return 0;
  return 1;
#endif
}

/// Copies 32 bytes, whatever lies behind them: both sides have the slack.
static inline __attribute__((always_inline)) void raudal_copy32(void *to, const void *from) {
  memcpy(to, from, 32);
}
