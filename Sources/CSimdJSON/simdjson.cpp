#include "CSimdJSON.h"

#include <simdjson.h>

struct raudal_json_validator {
  simdjson::dom::parser parser;
};

extern "C" raudal_json_validator *raudal_json_validator_new(void) {
  return new raudal_json_validator();
}

extern "C" void raudal_json_validator_free(raudal_json_validator *validator) { delete validator; }

extern "C" int raudal_json_validate(
    raudal_json_validator *validator, const uint8_t *json, size_t length) {
  simdjson::dom::element document;
  return validator->parser.parse(json, length, false).get(document) == simdjson::SUCCESS;
}
