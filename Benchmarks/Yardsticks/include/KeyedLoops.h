#pragma once
// Keyed state as a C++ programmer writes it first: what the engine's own tables are held against.
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// The time of the row of each key that went on, in a `std::unordered_map` that forgets nothing.
void *loop_dedupe_make(void);
void loop_dedupe_free(void *seen);
/// Writes the rows that go on: those whose key has no row less than `span` before. Returns how many.
size_t loop_dedupe(
    void *seen, const uint32_t *offsets, const uint8_t *bytes, const int64_t *times, int64_t span,
    uint32_t *kept, size_t rows);

/// Sessions of each key in a `std::unordered_map`, behind a `std::priority_queue` that brings rows
/// into the order of their times: count, sum and last time of the open session.
void *loop_sessions_make(void);
void loop_sessions_free(void *sessions);
/// Takes rows, then all that wait and are before `watermark`. Returns how many sessions it closed.
size_t loop_sessions(
    void *sessions, const uint32_t *offsets, const uint8_t *bytes, const int64_t *times,
    const int64_t *values, int64_t gap, int64_t watermark, size_t rows);

/// All rows of two sides in a `std::unordered_multimap` each.
void *loop_join_make(void);
void loop_join_free(void *join);
/// Takes rows of a side (0 or 1), and writes the pairs that they make with those of the other: key,
/// the left's value, the right's. Returns how many.
size_t loop_join(
    void *join, int side, const uint32_t *offsets, const uint8_t *bytes, const int64_t *values,
    size_t rows);

#ifdef __cplusplus
}
#endif
