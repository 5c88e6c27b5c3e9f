#ifndef RAUDAL_ONNX_LOOP_H
#define RAUDAL_ONNX_LOOP_H

#include <stddef.h>

/// A model opened by plain calls of ONNX Runtime: what the engine's way is measured against.
typedef struct OnnxLoop OnnxLoop;

/// Null if something is missing. `input` is float32 [batch, columns], `output` float32 [batch, 2].
OnnxLoop *onnx_loop_open(const char *library, const char *model, const char *input,
                         const char *output, size_t columns);

/// Runs the model over rows that lie one behind the other, and writes the second value of each
/// row's output. 0 if it went well.
int onnx_loop_run(OnnxLoop *loop, float *rows, size_t count, double *scores);

#endif
