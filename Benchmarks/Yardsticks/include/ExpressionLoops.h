#pragma once
// Single operations over columns as plain C++ loops: what the kernels of expressions are held against.
// Text columns are offsets and bytes, with 16 readable bytes behind the last.
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Returns whether some sum left the range.
int loop_add_ints(const int64_t *a, const int64_t *b, int64_t *out, size_t rows);
int loop_multiply_ints(const int64_t *a, const int64_t *b, int64_t *out, size_t rows);
/// Null where a side is: both validities (a byte a row) are joined.
int loop_add_nullable(
    const int64_t *a, const uint8_t *a_valid, const int64_t *b, const uint8_t *b_valid,
    int64_t *out, uint8_t *out_valid, size_t rows);
/// Of the quotient by a divisor of 0 there is none: returns whether there is one.
int loop_divide_ints(const int64_t *a, const int64_t *b, int64_t *out, size_t rows);
void loop_add_floats(const double *a, const double *b, double *out, size_t rows);
void loop_multiply_floats(const double *a, const double *b, double *out, size_t rows);
int loop_divide_floats(const double *a, const double *b, double *out, size_t rows);

/// Unscaled decimals, 128 bits each.
void loop_add_decimals(const void *a, const void *b, void *out, size_t rows);
void loop_multiply_decimals(const void *a, const void *b, void *out, size_t rows);
void loop_less_decimals(const void *a, const void *b, uint8_t *out, size_t rows);

void loop_less_ints(const int64_t *a, const int64_t *b, uint8_t *out, size_t rows);
void loop_equal_ints(const int64_t *a, const int64_t *b, uint8_t *out, size_t rows);
void loop_less_floats(const double *a, const double *b, uint8_t *out, size_t rows);

void loop_equal_text(
    const uint32_t *a_offsets, const uint8_t *a_bytes, const uint32_t *b_offsets,
    const uint8_t *b_bytes, uint8_t *out, size_t rows);
void loop_equal_constant(
    const uint32_t *offsets, const uint8_t *bytes, const uint8_t *text, size_t length,
    uint8_t *out, size_t rows);

#ifdef __cplusplus
}
#endif
