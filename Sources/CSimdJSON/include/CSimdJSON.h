#pragma once
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Whether `length` bytes are one valid JSON document (structure and UTF-8). The buffer must have
/// 64 readable bytes behind its end. Not thread safe: one validator a thread.
typedef struct raudal_json_validator raudal_json_validator;
raudal_json_validator *raudal_json_validator_new(void);
void raudal_json_validator_free(raudal_json_validator *validator);
int raudal_json_validate(raudal_json_validator *validator, const uint8_t *json, size_t length);

#ifdef __cplusplus
}
#endif
