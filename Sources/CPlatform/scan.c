#include "RaudalScan.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

// The index is simdjson's first stage without its carry-less multiplication (Langdale, Lemire:
// Parsing Gigabytes of JSON per Second): positions, not masks, so that a reader who knows the order
// of the fields needs no search.

static inline uint32_t *write_positions(uint32_t *out, uint64_t mask, uint32_t at) {
  while (mask) {
    *out++ = at + (uint32_t)__builtin_ctzll(mask);
    mask &= mask - 1;
  }
  return out;
}

static inline uint64_t kept_bits(size_t left) { return left >= 64 ? ~0ull : (1ull << left) - 1; }

size_t raudal_json_index_portable(
    const uint8_t *base, size_t from, size_t to, uint32_t *out, int *non_ascii) {
  uint32_t *next = out;
  uint64_t high = 0;
  for (size_t at = from; at < to; at += 64) {
    uint64_t mask = 0;
#if defined(__SSE2__)
    const __m128i quote = _mm_set1_epi8('"'), escape = _mm_set1_epi8('\\');
    const __m128i control = _mm_set1_epi8(0x1F);
    for (int k = 0; k < 4; k++) {
      __m128i v = _mm_loadu_si128((const __m128i *)(base + at + 16 * k));
      __m128i m = _mm_or_si128(
          _mm_or_si128(_mm_cmpeq_epi8(v, quote), _mm_cmpeq_epi8(v, escape)),
          _mm_cmpeq_epi8(_mm_min_epu8(v, control), v));
      mask |= (uint64_t)(unsigned)_mm_movemask_epi8(m) << (16 * k);
      high |= (uint64_t)(unsigned)_mm_movemask_epi8(v);
    }
#else
    for (int k = 0; k < 64; k++) {
      uint8_t c = base[at + k];
      mask |= (uint64_t)(c == '"' || c == '\\' || c < 0x20) << k;
      high |= c >> 7;
    }
#endif
    next = write_positions(next, mask & kept_bits(to - at), (uint32_t)at);
  }
  *non_ascii = high != 0;
  return (size_t)(next - out);
}

#if defined(__x86_64__)
__attribute__((target("avx2,bmi,popcnt"))) static size_t index_avx2(
    const uint8_t *base, size_t from, size_t to, uint32_t *out, int *non_ascii) {
  const __m256i quote = _mm256_set1_epi8('"'), escape = _mm256_set1_epi8('\\');
  const __m256i control = _mm256_set1_epi8(0x1F);
  uint32_t *next = out;
  __m256i high = _mm256_setzero_si256();
  for (size_t at = from; at < to; at += 64) {
    __m256i a = _mm256_loadu_si256((const __m256i *)(base + at));
    __m256i b = _mm256_loadu_si256((const __m256i *)(base + at + 32));
    high = _mm256_or_si256(high, _mm256_or_si256(a, b));
    __m256i x = _mm256_or_si256(
        _mm256_or_si256(_mm256_cmpeq_epi8(a, quote), _mm256_cmpeq_epi8(a, escape)),
        _mm256_cmpeq_epi8(_mm256_min_epu8(a, control), a));
    __m256i y = _mm256_or_si256(
        _mm256_or_si256(_mm256_cmpeq_epi8(b, quote), _mm256_cmpeq_epi8(b, escape)),
        _mm256_cmpeq_epi8(_mm256_min_epu8(b, control), b));
    uint64_t mask =
        (uint32_t)_mm256_movemask_epi8(x) | (uint64_t)(uint32_t)_mm256_movemask_epi8(y) << 32;
    mask &= kept_bits(to - at);
    size_t found = (size_t)__builtin_popcountll(mask);
    // Eight without a branch: most blocks have no more. What is written too much is overwritten.
    for (int k = 0; k < 8; k++) {
      next[k] = (uint32_t)at + (uint32_t)_tzcnt_u64(mask);
      mask = _blsr_u64(mask);
    }
    if (found > 8) write_positions(next + 8, mask, (uint32_t)at);
    next += found;
  }
  *non_ascii = _mm256_movemask_epi8(high) != 0;
  return (size_t)(next - out);
}
#endif

#if defined(__x86_64__)
/// The numbers 0 to 63: the places of a block's bytes.
static const uint8_t places[64] = {
    0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21,
    22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43,
    44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63};

typedef struct {
  __m512i high;
  uint32_t *next;
} index_state;

/// The places of a block's found bytes move together in one instruction, and leave without a branch
/// on how many there are unless they are more than 16.
__attribute__((target("avx512f,avx512bw,avx512vbmi2"), always_inline)) static inline index_state
index_block(index_state state, const uint8_t *base, size_t at, uint64_t kept) {
  __m512i block = _mm512_loadu_si512(base + at);
  uint64_t mask = _mm512_cmpeq_epi8_mask(block, _mm512_set1_epi8('"')) |
                  _mm512_cmpeq_epi8_mask(block, _mm512_set1_epi8('\\')) |
                  _mm512_cmplt_epu8_mask(block, _mm512_set1_epi8(' '));
  mask &= kept;
  __m512i found = _mm512_maskz_compress_epi8(mask, _mm512_loadu_si512(places));
  __m512i first = _mm512_set1_epi32((int)at);
  int count = __builtin_popcountll(mask);
  for (int k = 0;;) {
    __m512i wide = _mm512_cvtepu8_epi32(_mm512_castsi512_si128(found));
    _mm512_storeu_si512(state.next + k, _mm512_add_epi32(first, wide));
    k += 16;
    if (k >= count) break;
    found = _mm512_alignr_epi32(_mm512_setzero_si512(), found, 4);
  }
  return (index_state){_mm512_or_si512(state.high, block), state.next + count};
}

__attribute__((target("avx512f,avx512bw,avx512vbmi2"))) static size_t index_avx512(
    const uint8_t *base, size_t from, size_t to, uint32_t *out, int *non_ascii) {
  index_state state = {_mm512_setzero_si512(), out};
  size_t at = from;
  for (; at + 64 <= to; at += 64) state = index_block(state, base, at, ~0ull);
  if (at < to) state = index_block(state, base, at, kept_bits(to - at));
  *non_ascii = _mm512_movepi8_mask(state.high) != 0;
  return (size_t)(state.next - out);
}
#endif

// Lines: the same for one byte.

static inline uint32_t lowest(uint64_t mask) {
  return mask ? (uint32_t)__builtin_ctzll(mask) : 64;
}

/// Two places leave without a branch, for few blocks have more. What is written too much is
/// overwritten.
static inline __attribute__((always_inline)) uint32_t *write_lines(
    uint32_t *out, uint64_t mask, uint32_t at) {
  size_t count = (size_t)__builtin_popcountll(mask);
  out[0] = at + lowest(mask);
  out[1] = at + lowest(mask & (mask - 1));
  if (count > 2) write_positions(out, mask, at);
  return out + count;
}

size_t raudal_lines_portable(
    const uint8_t *base, size_t from, size_t to, uint32_t *out, size_t limit) {
  uint32_t *next = out;
  for (size_t at = from; at < to && (size_t)(next - out) < limit; at += 64) {
    uint64_t mask = 0;
#if defined(__SSE2__)
    const __m128i newline = _mm_set1_epi8('\n');
    for (int k = 0; k < 4; k++) {
      __m128i v = _mm_loadu_si128((const __m128i *)(base + at + 16 * k));
      mask |= (uint64_t)(unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(v, newline)) << (16 * k);
    }
#else
    for (int k = 0; k < 64; k++) mask |= (uint64_t)(base[at + k] == '\n') << k;
#endif
    next = write_lines(next, mask & kept_bits(to - at), (uint32_t)at);
  }
  size_t found = (size_t)(next - out);
  return found < limit ? found : limit;
}

#if defined(__x86_64__)
__attribute__((target("avx2,bmi,popcnt"))) static size_t lines_avx2(
    const uint8_t *base, size_t from, size_t to, uint32_t *out, size_t limit) {
  const __m256i newline = _mm256_set1_epi8('\n');
  uint32_t *next = out;
  for (size_t at = from; at < to && (size_t)(next - out) < limit; at += 64) {
    __m256i a = _mm256_loadu_si256((const __m256i *)(base + at));
    __m256i b = _mm256_loadu_si256((const __m256i *)(base + at + 32));
    uint64_t low = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(a, newline));
    uint64_t high = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(b, newline));
    next = write_lines(next, (low | high << 32) & kept_bits(to - at), (uint32_t)at);
  }
  size_t found = (size_t)(next - out);
  return found < limit ? found : limit;
}

__attribute__((target("avx512f,avx512bw,bmi,popcnt"))) static size_t lines_avx512(
    const uint8_t *base, size_t from, size_t to, uint32_t *out, size_t limit) {
  const __m512i newline = _mm512_set1_epi8('\n');
  uint32_t *next = out, *last = out + limit;
  size_t at = from;
  for (; at + 64 <= to && next < last; at += 64)
    next = write_lines(
        next, _mm512_cmpeq_epi8_mask(_mm512_loadu_si512(base + at), newline), (uint32_t)at);
  if (at < to && next < last) {
    uint64_t found = _mm512_cmpeq_epi8_mask(_mm512_loadu_si512(base + at), newline);
    next = write_lines(next, found & kept_bits(to - at), (uint32_t)at);
  }
  return next < last ? (size_t)(next - out) : limit;
}
#endif

typedef size_t (*index_function)(const uint8_t *, size_t, size_t, uint32_t *, int *);
typedef size_t (*lines_function)(const uint8_t *, size_t, size_t, uint32_t *, size_t);
static index_function chosen_index = raudal_json_index_portable;
static lines_function chosen_lines = raudal_lines_portable;

__attribute__((constructor)) static void choose(void) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("bmi")) return;
  chosen_index = index_avx2;
  chosen_lines = lines_avx2;
  if (!__builtin_cpu_supports("avx512bw") || !__builtin_cpu_supports("avx512vbmi2")) return;
  chosen_index = index_avx512;
  chosen_lines = lines_avx512;
#endif
}

size_t raudal_json_index(
    const uint8_t *base, size_t from, size_t to, uint32_t *out, int *non_ascii) {
  return chosen_index(base, from, to, out, non_ascii);
}

size_t raudal_lines(
    const uint8_t *base, size_t from, size_t to, uint32_t *out, size_t limit) {
  return chosen_lines(base, from, to, out, limit);
}

int raudal_valid_utf8(const uint8_t *p, size_t length) {
  const uint8_t *end = p + length;
  while (p < end) {
    while (end - p >= 8) {
      uint64_t word;
      memcpy(&word, p, 8);
      if (word & 0x8080808080808080ull) break;
      p += 8;
    }
    if (p == end) return 1;
    uint8_t c = *p;
    if (c < 0x80) {
      p++;
      continue;
    }
    size_t left = (size_t)(end - p);
    if (c < 0xC2) return 0;
    if (c < 0xE0) {
      if (left < 2 || (p[1] & 0xC0) != 0x80) return 0;
      p += 2;
    } else if (c < 0xF0) {
      if (left < 3 || (p[1] & 0xC0) != 0x80 || (p[2] & 0xC0) != 0x80) return 0;
      if (c == 0xE0 && p[1] < 0xA0) return 0;
      if (c == 0xED && p[1] > 0x9F) return 0;
      p += 3;
    } else {
      if (c > 0xF4 || left < 4 || (p[1] & 0xC0) != 0x80 || (p[2] & 0xC0) != 0x80 ||
          (p[3] & 0xC0) != 0x80)
        return 0;
      if (c == 0xF0 && p[1] < 0x90) return 0;
      if (c == 0xF4 && p[1] > 0x8F) return 0;
      p += 4;
    }
  }
  return 1;
}
