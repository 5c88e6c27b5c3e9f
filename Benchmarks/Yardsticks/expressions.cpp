#include "ExpressionLoops.h"

#include <cstring>

extern "C" {

int loop_add_ints(const int64_t *a, const int64_t *b, int64_t *out, size_t rows) {
  int64_t flag = 0;
  for (size_t i = 0; i < rows; i++) {
    const uint64_t x = static_cast<uint64_t>(a[i]), y = static_cast<uint64_t>(b[i]);
    const uint64_t sum = x + y;
    out[i] = static_cast<int64_t>(sum);
    flag |= static_cast<int64_t>((x ^ sum) & (y ^ sum));
  }
  return flag < 0;
}

int loop_multiply_ints(const int64_t *a, const int64_t *b, int64_t *out, size_t rows) {
  bool flag = false;
  for (size_t i = 0; i < rows; i++) {
    long long product;
    flag |= __builtin_mul_overflow(static_cast<long long>(a[i]), static_cast<long long>(b[i]), &product);
    out[i] = product;
  }
  return flag;
}

int loop_add_nullable(
    const int64_t *a, const uint8_t *a_valid, const int64_t *b, const uint8_t *b_valid,
    int64_t *out, uint8_t *out_valid, size_t rows) {
  for (size_t i = 0; i < rows; i++) out_valid[i] = a_valid[i] & b_valid[i];
  return loop_add_ints(a, b, out, rows);
}

int loop_divide_ints(const int64_t *a, const int64_t *b, int64_t *out, size_t rows) {
  bool flag = false;
  for (size_t i = 0; i < rows; i++) {
    if (b[i] == 0 || (b[i] == -1 && a[i] == INT64_MIN)) {
      flag = true;
      out[i] = 0;
    } else {
      out[i] = a[i] / b[i];
    }
  }
  return flag;
}

void loop_add_floats(const double *a, const double *b, double *out, size_t rows) {
  for (size_t i = 0; i < rows; i++) out[i] = a[i] + b[i];
}

void loop_multiply_floats(const double *a, const double *b, double *out, size_t rows) {
  for (size_t i = 0; i < rows; i++) out[i] = a[i] * b[i];
}

int loop_divide_floats(const double *a, const double *b, double *out, size_t rows) {
  uint8_t flag = 0;
  for (size_t i = 0; i < rows; i++) {
    out[i] = a[i] / b[i];
    flag |= b[i] == 0;
  }
  return flag;
}

void loop_add_decimals(const void *a, const void *b, void *out, size_t rows) {
  const auto *x = static_cast<const __int128 *>(a), *y = static_cast<const __int128 *>(b);
  auto *sum = static_cast<__int128 *>(out);
  for (size_t i = 0; i < rows; i++) sum[i] = x[i] + y[i];
}

void loop_multiply_decimals(const void *a, const void *b, void *out, size_t rows) {
  const auto *x = static_cast<const __int128 *>(a), *y = static_cast<const __int128 *>(b);
  auto *product = static_cast<__int128 *>(out);
  for (size_t i = 0; i < rows; i++) product[i] = x[i] * y[i];
}

void loop_less_decimals(const void *a, const void *b, uint8_t *out, size_t rows) {
  const auto *x = static_cast<const __int128 *>(a), *y = static_cast<const __int128 *>(b);
  for (size_t i = 0; i < rows; i++) out[i] = x[i] < y[i];
}

void loop_less_ints(const int64_t *a, const int64_t *b, uint8_t *out, size_t rows) {
  for (size_t i = 0; i < rows; i++) out[i] = a[i] < b[i];
}

void loop_equal_ints(const int64_t *a, const int64_t *b, uint8_t *out, size_t rows) {
  for (size_t i = 0; i < rows; i++) out[i] = a[i] == b[i];
}

void loop_less_floats(const double *a, const double *b, uint8_t *out, size_t rows) {
  for (size_t i = 0; i < rows; i++) out[i] = a[i] < b[i];
}

void loop_equal_text(
    const uint32_t *a_offsets, const uint8_t *a_bytes, const uint32_t *b_offsets,
    const uint8_t *b_bytes, uint8_t *out, size_t rows) {
  for (size_t i = 0; i < rows; i++) {
    const size_t length = a_offsets[i + 1] - a_offsets[i];
    out[i] = length == b_offsets[i + 1] - b_offsets[i] &&
             std::memcmp(a_bytes + a_offsets[i], b_bytes + b_offsets[i], length) == 0;
  }
}

void loop_equal_constant(
    const uint32_t *offsets, const uint8_t *bytes, const uint8_t *text, size_t length,
    uint8_t *out, size_t rows) {
  for (size_t i = 0; i < rows; i++) {
    out[i] = offsets[i + 1] - offsets[i] == length &&
             std::memcmp(bytes + offsets[i], text, length) == 0;
  }
}
}
