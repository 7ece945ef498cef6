/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The part of ONNX Runtime's C API that is used here. Its functions are a table that only grows:
 * their places are the ABI, by which any library from 1.21 on can be opened at run time, whatever
 * version its symbols carry. A gap stands for functions that are not used.
 */
#ifndef TLML_LARGEML_ORT_H
#define TLML_LARGEML_ORT_H

#include <stddef.h>
#include <stdint.h>

#define TLML_ORT_VERSION	21

enum tlml_ort_type { TLML_ORT_FLOAT = 1, TLML_ORT_UINT8 = 2 };	/* of elements */
enum { TLML_ORT_LOG_FATAL = 4, TLML_ORT_OPTIMISE_ALL = 99 };
enum { TLML_ORT_ARENA = 1, TLML_ORT_MEMORY_DEFAULT = 0 };

/* Objects of the library; a status is NULL for success. */
typedef struct tlml_ort_status ort_status;
typedef struct tlml_ort_env ort_env;
typedef struct tlml_ort_session ort_session;
typedef struct tlml_ort_options ort_options;
typedef struct tlml_ort_value ort_value;
typedef struct tlml_ort_memory ort_memory;
typedef struct tlml_ort_allocator ort_allocator;
typedef struct tlml_ort_info ort_info;
typedef struct tlml_ort_tensor ort_tensor;
typedef struct tlml_ort_metadata ort_metadata;

#define GAP(from, to)	void *gap_##from[(to) - (from) + 1]

struct tlml_ort_api {
	GAP(0, 1);
	const char *(*GetErrorMessage)(const ort_status *);
	ort_status *(*CreateEnv)(int level, const char *name, ort_env **);
	GAP(4, 7);
	ort_status *(*CreateSessionFromArray)(const ort_env *, const void *model, size_t size,
					      const ort_options *, ort_session **);
	ort_status *(*Run)(ort_session *, const void *run_options, const char *const *input_names,
			   const ort_value *const *inputs, size_t input_n,
			   const char *const *output_names, size_t output_n, ort_value **outputs);
	ort_status *(*CreateSessionOptions)(ort_options **);
	GAP(11, 22);
	ort_status *(*SetSessionGraphOptimizationLevel)(ort_options *, int level);
	ort_status *(*SetIntraOpNumThreads)(ort_options *, int n);
	ort_status *(*SetInterOpNumThreads)(ort_options *, int n);
	GAP(26, 29);
	ort_status *(*SessionGetInputCount)(const ort_session *, size_t *);
	ort_status *(*SessionGetOutputCount)(const ort_session *, size_t *);
	GAP(32, 32);
	ort_status *(*SessionGetInputTypeInfo)(const ort_session *, size_t i, ort_info **);
	ort_status *(*SessionGetOutputTypeInfo)(const ort_session *, size_t i, ort_info **);
	GAP(35, 35);
	ort_status *(*SessionGetInputName)(const ort_session *, size_t i, ort_allocator *,
					   char **);
	ort_status *(*SessionGetOutputName)(const ort_session *, size_t i, ort_allocator *,
					    char **);
	GAP(38, 48);
	ort_status *(*CreateTensorWithDataAsOrtValue)(const ort_memory *, void *data, size_t size,
						      const int64_t *shape, size_t dims,
						      enum tlml_ort_type, ort_value **);
	GAP(50, 54);
	ort_status *(*CastTypeInfoToTensorInfo)(const ort_info *, const ort_tensor **);
	GAP(56, 59);
	ort_status *(*GetTensorElementType)(const ort_tensor *, enum tlml_ort_type *);
	ort_status *(*GetDimensionsCount)(const ort_tensor *, size_t *);
	ort_status *(*GetDimensions)(const ort_tensor *, int64_t *shape, size_t dims);
	GAP(63, 68);
	ort_status *(*CreateCpuMemoryInfo)(int allocator, int kind, ort_memory **);
	GAP(70, 75);
	ort_status *(*AllocatorFree)(ort_allocator *, void *);
	GAP(77, 77);
	ort_status *(*GetAllocatorWithDefaultOptions)(ort_allocator **);
	GAP(79, 92);
	void (*ReleaseStatus)(ort_status *);
	void (*ReleaseMemoryInfo)(ort_memory *);
	void (*ReleaseSession)(ort_session *);
	void (*ReleaseValue)(ort_value *);
	GAP(97, 97);
	void (*ReleaseTypeInfo)(ort_info *);
	GAP(99, 99);
	void (*ReleaseSessionOptions)(ort_options *);
	GAP(101, 110);
	ort_status *(*SessionGetModelMetadata)(const ort_session *, ort_metadata **);
	GAP(112, 115);
	ort_status *(*ModelMetadataLookupCustomMetadataMap)(const ort_metadata *, ort_allocator *,
							    const char *key, char **value);
	GAP(117, 117);
	void (*ReleaseModelMetadata)(ort_metadata *);
	GAP(119, 129);
	ort_status *(*AddSessionConfigEntry)(ort_options *, const char *key, const char *value);
};

#undef GAP

_Static_assert(offsetof(struct tlml_ort_api, AddSessionConfigEntry) == 130 * sizeof(void *),
	       "the gaps add up");

/* What the library exports: OrtGetApiBase() returns it. */
struct tlml_ort_base {
	const struct tlml_ort_api *(*GetApi)(uint32_t version);
	const char *(*GetVersionString)(void);
};

#endif
