#include "onnx_loop.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

#include "onnx_runtime.h"

struct OnnxLoop {
  const OrtApi *api;
  OrtEnv *environment;
  OrtSession *session;
  OrtMemoryInfo *memory;
  const char *input;
  const char *output;
  size_t columns;
};

static void *bytes_of(const char *path, size_t *size) {
  FILE *file = fopen(path, "rb");
  if (!file) return NULL;
  fseek(file, 0, SEEK_END);
  *size = (size_t)ftell(file);
  rewind(file);
  void *bytes = malloc(*size);
  size_t got = fread(bytes, 1, *size, file);
  fclose(file);
  return got == *size ? bytes : NULL;
}

OnnxLoop *onnx_loop_open(const char *library, const char *model, const char *input,
                         const char *output, size_t columns) {
  void *handle = dlopen(library, RTLD_NOW | RTLD_LOCAL);
  if (!handle) return NULL;
  RaudalOrtGetApiBase base = (RaudalOrtGetApiBase)dlsym(handle, "OrtGetApiBase");
  const OrtApi *api = base ? base()->GetApi(RAUDAL_ORT_API_VERSION) : NULL;
  size_t size;
  void *bytes = bytes_of(model, &size);
  if (!api || !bytes) return NULL;
  OnnxLoop *loop = calloc(1, sizeof *loop);
  OrtSessionOptions *options = NULL;
  loop->api = api;
  loop->input = input;
  loop->output = output;
  loop->columns = columns;
  if (api->CreateEnv(RAUDAL_ORT_LOG_FATAL, "loop", &loop->environment) ||
      api->CreateSessionOptions(&options) || api->SetIntraOpNumThreads(options, 1) ||
      api->SetInterOpNumThreads(options, 1) ||
      api->SetSessionGraphOptimizationLevel(options, RAUDAL_ORT_ALL_OPTIMIZATIONS) ||
      api->CreateSessionFromArray(loop->environment, bytes, size, options, &loop->session) ||
      api->CreateCpuMemoryInfo(RAUDAL_ORT_ARENA, RAUDAL_ORT_MEMORY_DEFAULT, &loop->memory))
    return NULL;
  return loop;
}

int onnx_loop_run(OnnxLoop *loop, float *rows, size_t count, double *scores) {
  const OrtApi *api = loop->api;
  OrtValue *given = NULL, *answer = NULL;
  const int64_t shape[2] = {(int64_t)count, (int64_t)loop->columns};
  void *data;
  if (api->CreateTensorWithDataAsOrtValue(loop->memory, rows,
                                          count * loop->columns * sizeof *rows, shape, 2,
                                          RAUDAL_ORT_FLOAT, &given) ||
      api->Run(loop->session, NULL, &loop->input, (const OrtValue *const *)&given, 1,
               &loop->output, 1, &answer) ||
      api->GetTensorMutableData(answer, &data))
    return 1;
  const float *values = data;
  for (size_t row = 0; row < count; row++) scores[row] = values[row * 2 + 1];
  api->ReleaseValue(given);
  api->ReleaseValue(answer);
  return 0;
}
