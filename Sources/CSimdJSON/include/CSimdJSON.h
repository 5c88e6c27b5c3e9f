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


/// What simdjson says of a document: 0 accepted, 1 refused, 2 refused for a number's range alone.
int raudal_json_judge(raudal_json_validator *validator, const uint8_t *json, size_t length);

/// The text of the top object's last field of that name: a string's content or any other value
/// minified. Returns its length, -1 where there is none or the document is refused, -2 where `out`
/// is too small.
long raudal_json_field(
    raudal_json_validator *validator, const uint8_t *json, size_t length, const char *name,
    size_t name_length, char *out, size_t capacity, int *is_string);

#ifdef __cplusplus
}
#endif
