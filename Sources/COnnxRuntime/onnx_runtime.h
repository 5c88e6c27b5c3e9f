// What Raudal calls of ONNX Runtime, declared anew: the wheel that brings the library has no header.
//
// Source: ONNX Runtime's public C API, onnxruntime_c_api.h, whose table of functions only ever grows
// at its end; the places below are those of API version 15 (ONNX Runtime 1.15), and the same in all
// later ones. Between the functions that are used stand unnamed places, so that each is where the
// library has put it. Held by the assertions below and by tests against the library.

#ifndef RAUDAL_ONNX_RUNTIME_H
#define RAUDAL_ONNX_RUNTIME_H

#include <stddef.h>
#include <stdint.h>

/// The version of the table that is asked for.
#define RAUDAL_ORT_API_VERSION 15

typedef struct OrtEnv OrtEnv;
typedef struct OrtStatus OrtStatus;
typedef struct OrtMemoryInfo OrtMemoryInfo;
typedef struct OrtSession OrtSession;
typedef struct OrtValue OrtValue;
typedef struct OrtRunOptions OrtRunOptions;
typedef struct OrtTypeInfo OrtTypeInfo;
typedef struct OrtTensorTypeAndShapeInfo OrtTensorTypeAndShapeInfo;
typedef struct OrtSessionOptions OrtSessionOptions;
typedef struct OrtAllocator OrtAllocator;

/// The codes of a status that are told apart.
enum {
  RAUDAL_ORT_INVALID_ARGUMENT = 2,
  RAUDAL_ORT_NO_MODEL = 4,
  RAUDAL_ORT_INVALID_PROTOBUF = 7,
};

/// Kinds of values (`ONNXType`).
enum { RAUDAL_ORT_TENSOR = 1, RAUDAL_ORT_SEQUENCE = 2, RAUDAL_ORT_MAP = 3 };

/// Types of a tensor's elements (`ONNXTensorElementDataType`).
enum {
  RAUDAL_ORT_FLOAT = 1,
  RAUDAL_ORT_UINT8 = 2,
  RAUDAL_ORT_INT8 = 3,
  RAUDAL_ORT_UINT16 = 4,
  RAUDAL_ORT_INT16 = 5,
  RAUDAL_ORT_INT32 = 6,
  RAUDAL_ORT_INT64 = 7,
  RAUDAL_ORT_STRING = 8,
  RAUDAL_ORT_BOOL = 9,
  RAUDAL_ORT_FLOAT16 = 10,
  RAUDAL_ORT_DOUBLE = 11,
  RAUDAL_ORT_UINT32 = 12,
  RAUDAL_ORT_UINT64 = 13,
};

enum { RAUDAL_ORT_LOG_FATAL = 4 };
enum { RAUDAL_ORT_SEQUENTIAL = 0 };
enum { RAUDAL_ORT_ALL_OPTIMIZATIONS = 99 };
/// `OrtArenaAllocator`, `OrtMemTypeDefault`.
enum { RAUDAL_ORT_ARENA = 1, RAUDAL_ORT_MEMORY_DEFAULT = 0 };

/// A function that returns a status: null if it went well, else to be released.
#define RAUDAL_ORT_CALL(name, ...) OrtStatus *(*name)(__VA_ARGS__)

typedef struct OrtApi {
  void *unused0[1];
  int (*GetErrorCode)(const OrtStatus *);
  const char *(*GetErrorMessage)(const OrtStatus *);
  RAUDAL_ORT_CALL(CreateEnv, int logLevel, const char *name, OrtEnv **);
  void *unused4[4];
  RAUDAL_ORT_CALL(CreateSessionFromArray, const OrtEnv *, const void *bytes, size_t count,
                  const OrtSessionOptions *, OrtSession **);
  RAUDAL_ORT_CALL(Run, OrtSession *, const OrtRunOptions *, const char *const *inputNames,
                  const OrtValue *const *inputs, size_t inputCount,
                  const char *const *outputNames, size_t outputCount, OrtValue **outputs);
  RAUDAL_ORT_CALL(CreateSessionOptions, OrtSessionOptions **);
  void *unused11[2];
  RAUDAL_ORT_CALL(SetSessionExecutionMode, OrtSessionOptions *, int mode);
  void *unused14[9];
  RAUDAL_ORT_CALL(SetSessionGraphOptimizationLevel, OrtSessionOptions *, int level);
  RAUDAL_ORT_CALL(SetIntraOpNumThreads, OrtSessionOptions *, int count);
  RAUDAL_ORT_CALL(SetInterOpNumThreads, OrtSessionOptions *, int count);
  void *unused26[4];
  RAUDAL_ORT_CALL(SessionGetInputCount, const OrtSession *, size_t *);
  RAUDAL_ORT_CALL(SessionGetOutputCount, const OrtSession *, size_t *);
  void *unused32[1];
  RAUDAL_ORT_CALL(SessionGetInputTypeInfo, const OrtSession *, size_t index, OrtTypeInfo **);
  RAUDAL_ORT_CALL(SessionGetOutputTypeInfo, const OrtSession *, size_t index, OrtTypeInfo **);
  void *unused35[1];
  RAUDAL_ORT_CALL(SessionGetInputName, const OrtSession *, size_t index, OrtAllocator *, char **);
  RAUDAL_ORT_CALL(SessionGetOutputName, const OrtSession *, size_t index, OrtAllocator *, char **);
  void *unused38[10];
  RAUDAL_ORT_CALL(CreateTensorAsOrtValue, OrtAllocator *, const int64_t *shape, size_t rank,
                  int element, OrtValue **);
  RAUDAL_ORT_CALL(CreateTensorWithDataAsOrtValue, const OrtMemoryInfo *, void *data,
                  size_t byteCount, const int64_t *shape, size_t rank, int element, OrtValue **);
  RAUDAL_ORT_CALL(IsTensor, const OrtValue *, int *);
  RAUDAL_ORT_CALL(GetTensorMutableData, OrtValue *, void **);
  void *unused52[1];
  RAUDAL_ORT_CALL(GetStringTensorDataLength, const OrtValue *, size_t *);
  RAUDAL_ORT_CALL(GetStringTensorContent, const OrtValue *, void *bytes, size_t byteCount,
                  size_t *offsets, size_t count);
  /// The result belongs to the type.
  RAUDAL_ORT_CALL(CastTypeInfoToTensorInfo, const OrtTypeInfo *,
                  const OrtTensorTypeAndShapeInfo **);
  RAUDAL_ORT_CALL(GetOnnxTypeFromTypeInfo, const OrtTypeInfo *, int *);
  void *unused57[3];
  RAUDAL_ORT_CALL(GetTensorElementType, const OrtTensorTypeAndShapeInfo *, int *);
  RAUDAL_ORT_CALL(GetDimensionsCount, const OrtTensorTypeAndShapeInfo *, size_t *);
  RAUDAL_ORT_CALL(GetDimensions, const OrtTensorTypeAndShapeInfo *, int64_t *, size_t count);
  /// The names belong to the type.
  RAUDAL_ORT_CALL(GetSymbolicDimensions, const OrtTensorTypeAndShapeInfo *, const char **names,
                  size_t count);
  void *unused64[1];
  RAUDAL_ORT_CALL(GetTensorTypeAndShape, const OrtValue *, OrtTensorTypeAndShapeInfo **);
  void *unused66[3];
  RAUDAL_ORT_CALL(CreateCpuMemoryInfo, int allocator, int memory, OrtMemoryInfo **);
  void *unused70[6];
  RAUDAL_ORT_CALL(AllocatorFree, OrtAllocator *, void *);
  void *unused77[1];
  /// Belongs to the library.
  RAUDAL_ORT_CALL(GetAllocatorWithDefaultOptions, OrtAllocator **);
  void *unused79[14];
  void (*ReleaseStatus)(OrtStatus *);
  void *unused94[1];
  void (*ReleaseSession)(OrtSession *);
  void (*ReleaseValue)(OrtValue *);
  void *unused97[1];
  void (*ReleaseTypeInfo)(OrtTypeInfo *);
  void (*ReleaseTensorTypeAndShapeInfo)(OrtTensorTypeAndShapeInfo *);
  void (*ReleaseSessionOptions)(OrtSessionOptions *);
  void *unused101[29];
  RAUDAL_ORT_CALL(AddSessionConfigEntry, OrtSessionOptions *, const char *key, const char *value);
  void *unused131[121];
  /// Makes the text so long and gives its bytes, to be written.
  RAUDAL_ORT_CALL(GetResizedStringTensorElementBuffer, OrtValue *, size_t index, size_t length,
                  char **);
} OrtApi;

/// What `OrtGetApiBase`, the one symbol that is looked up, returns.
typedef struct OrtApiBase {
  const OrtApi *(*GetApi)(uint32_t version);
  const char *(*GetVersionString)(void);
} OrtApiBase;

typedef const OrtApiBase *(*RaudalOrtGetApiBase)(void);

#define RAUDAL_ORT_PLACE(name, index)                              \
  _Static_assert(offsetof(OrtApi, name) == (index) * sizeof(void *), \
                 "a function of ONNX Runtime is not at its place")
RAUDAL_ORT_PLACE(GetErrorCode, 1);
RAUDAL_ORT_PLACE(CreateSessionFromArray, 8);
RAUDAL_ORT_PLACE(SetSessionExecutionMode, 13);
RAUDAL_ORT_PLACE(SetSessionGraphOptimizationLevel, 23);
RAUDAL_ORT_PLACE(SessionGetInputCount, 30);
RAUDAL_ORT_PLACE(SessionGetInputTypeInfo, 33);
RAUDAL_ORT_PLACE(SessionGetInputName, 36);
RAUDAL_ORT_PLACE(CreateTensorAsOrtValue, 48);
RAUDAL_ORT_PLACE(GetStringTensorDataLength, 53);
RAUDAL_ORT_PLACE(GetTensorElementType, 60);
RAUDAL_ORT_PLACE(GetTensorTypeAndShape, 65);
RAUDAL_ORT_PLACE(CreateCpuMemoryInfo, 69);
RAUDAL_ORT_PLACE(AllocatorFree, 76);
RAUDAL_ORT_PLACE(GetAllocatorWithDefaultOptions, 78);
RAUDAL_ORT_PLACE(ReleaseStatus, 93);
RAUDAL_ORT_PLACE(ReleaseSession, 95);
RAUDAL_ORT_PLACE(ReleaseTypeInfo, 98);
RAUDAL_ORT_PLACE(AddSessionConfigEntry, 130);
RAUDAL_ORT_PLACE(GetResizedStringTensorElementBuffer, 252);

#endif
