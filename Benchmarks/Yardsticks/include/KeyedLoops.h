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

#ifdef __cplusplus
}
#endif
