#include "CSimdJSON.h"

#include <simdjson.h>

#include <cstring>
#include <string>

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

extern "C" int raudal_json_judge(
    raudal_json_validator *validator, const uint8_t *json, size_t length) {
  simdjson::dom::element document;
  auto error = validator->parser.parse(json, length, false).get(document);
  if (error == simdjson::SUCCESS) return 0;
  return error == simdjson::NUMBER_ERROR ? 2 : 1;
}

extern "C" long raudal_json_field(
    raudal_json_validator *validator, const uint8_t *json, size_t length, const char *name,
    size_t name_length, char *out, size_t capacity, int *is_string) {
  simdjson::dom::object object;
  if (validator->parser.parse(json, length, false).get_object().get(object)) return -1;
  simdjson::dom::element found;
  bool any = false;
  for (auto field : object)
    if (field.key == std::string_view(name, name_length)) {
      found = field.value;
      any = true;
    }
  if (!any) return -1;
  *is_string = found.is_string();
  std::string text;
  if (*is_string)
    text = std::string(std::string_view(found));
  else
    text = simdjson::minify(found);
  if (text.size() > capacity) return -2;
  memcpy(out, text.data(), text.size());
  return (long)text.size();
}
