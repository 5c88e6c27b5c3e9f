#pragma once
// The Yahoo Streaming Benchmark as plain C++ loops: what the engine is held against. Each does the
// same work on the same input: keep views, find the ad's campaign, count per campaign and ten seconds
// of event time.
#include <stddef.h>
#include <stdint.h>

#include "ExpressionLoops.h"
#include "KeyedLoops.h"

#ifdef __cplusplus
extern "C" {
#endif

/// The table ad -> campaign and the counts; freed by `yardstick_free`.
typedef struct yardstick yardstick;

/// `ads[i]` (36 bytes each, without a terminator) belongs to campaign `campaign_of[i]`.
yardstick *yardstick_new(const uint8_t *ads, const uint32_t *campaign_of, size_t count);
void yardstick_free(yardstick *state);

/// Text columns: offsets and bytes, at most 4,096 rows a call, 64 readable bytes behind the last.
void yardstick_text(
    yardstick *state, size_t rows, const uint32_t *type_offsets, const uint8_t *type_bytes,
    const uint32_t *ad_offsets, const uint8_t *ad_bytes, const int64_t *times);

/// Dictionary columns. `view_code` is the code of "view"; `campaign_of_code` maps ad codes.
void yardstick_codes(
    yardstick *state, size_t rows, const uint32_t *type_codes, uint32_t view_code,
    const uint32_t *ad_codes, const uint32_t *campaign_of_code, const int64_t *times);

/// JSON lines with simdjson On-Demand. Returns the number of records. 64 readable bytes behind.
size_t yardstick_json(yardstick *state, const char *lines, size_t length);

/// Number of (campaign, window) groups and the sum of their counts, to compare with the engine's.
void yardstick_totals(const yardstick *state, uint64_t *groups, uint64_t *views);

#ifdef __cplusplus
}
#endif
