// SPDX-License-Identifier: BSD-2-Clause
/*
 * ONNX Runtime, if it is there: opened when the first .onnx file is, and asked by all workers at
 * once, each of which computes by itself. Models are loaded one at a time, so nothing is locked.
 */
#include "engine.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ort.h"

#define BYTES_MAX	(TLML_CHUNK * TLML_CASE_PACKETS * 3)	/* of an input in bytes */

static const char *const libraries[] = {
	"/usr/local/lib/tlml/libonnxruntime.so.1", "libonnxruntime.so.1", "libonnxruntime.so.1.21",
	"libonnxruntime.so",
};

static const struct tlml_ort_api *ort;
static ort_env *env;
static ort_memory *memory;
static ort_allocator *allocator;

struct onnx {
	ort_session *session;
	struct tlml_oip_metadata meta;	/* names as the model has them */
	struct tlml_oip_plan plan;
};

static int ort_fail(ort_status *status, int code, const char *what, struct tlml_error *e)
{
	char text[300];

	snprintf(text, sizeof(text), "%s", ort->GetErrorMessage(status));
	ort->ReleaseStatus(status);
	text[strcspn(text, "\n")] = 0;
	return tlml_error_set(e, code, "ONNX Runtime %s: %s", what, text);
}

static void *library_open(struct tlml_error *e)
{
	const char *named = getenv("TLML_ORT_LIB");
	void *lib = NULL;
	size_t i;

	/* Releases from 1.29 on report to their maker unless this is set before they are opened. */
	setenv("ORT_DISABLE_TELEMETRY", "1", 1);
	if (named && *named)
		lib = dlopen(named, RTLD_NOW | RTLD_LOCAL);
	else
		for (i = 0; !lib && i < sizeof(libraries) / sizeof(libraries[0]); i++)
			lib = dlopen(libraries[i], RTLD_NOW | RTLD_LOCAL);
	if (!lib)
		tlml_error_set(e, ENOENT, "it needs ONNX Runtime, which is not there (%.200s): 'make deps-onnx install' brings it, or name the library by TLML_ORT_LIB",
			       dlerror());
	return lib;
}

static int runtime_open(struct tlml_error *e)
{
	const struct tlml_ort_base *(*base)(void);
	ort_status *status;
	void *lib;

	if (env)
		return 0;
	lib = library_open(e);
	if (!lib)
		return -ENOENT;
	*(void **)&base = dlsym(lib, "OrtGetApiBase");
	ort = base ? base()->GetApi(TLML_ORT_VERSION) : NULL;
	if (!ort) {
		tlml_error_set(e, ENOENT, "the library of ONNX Runtime is %.32s, older than 1.%d",
			       base ? base()->GetVersionString() : "none", TLML_ORT_VERSION);
		dlclose(lib);
		return -ENOENT;
	}
	status = ort->GetAllocatorWithDefaultOptions(&allocator);
	if (!status)
		status = ort->CreateCpuMemoryInfo(TLML_ORT_ARENA, TLML_ORT_MEMORY_DEFAULT, &memory);
	if (!status)
		status = ort->CreateEnv(TLML_ORT_LOG_FATAL, "tlml", &env);
	return status ? ort_fail(status, ENOENT, "does not begin", e) : 0;
}

static ort_status *session_open(const void *bytes, size_t size, ort_session **session)
{
	ort_options *o;
	ort_status *status = ort->CreateSessionOptions(&o);

	if (status)
		return status;
	status = ort->SetIntraOpNumThreads(o, 1);
	if (!status)
		status = ort->SetInterOpNumThreads(o, 1);
	if (!status)
		status = ort->AddSessionConfigEntry(o, "session.intra_op.allow_spinning", "0");
	if (!status)
		status = ort->SetSessionGraphOptimizationLevel(o, TLML_ORT_OPTIMISE_ALL);
	if (!status)
		status = ort->CreateSessionFromArray(env, bytes, size, o, session);
	ort->ReleaseSessionOptions(o);
	return status;
}

/* Takes over what the library allocated. */
static void take_text(char *from, char *to, size_t room)
{
	snprintf(to, room, "%s", from);
	tlml_error_clean(to);
	ort_status *status = ort->AllocatorFree(allocator, from);

	if (status)
		ort->ReleaseStatus(status);
}

static ort_status *describe_shape(const ort_info *info, struct tlml_oip_tensor *t)
{
	const ort_tensor *tensor;
	enum tlml_ort_type type;
	ort_status *status;
	size_t dims;

	status = ort->CastTypeInfoToTensorInfo(info, &tensor);
	if (status || !tensor)	/* no tensor: of no type that would do */
		return status;
	status = ort->GetTensorElementType(tensor, &type);
	if (!status)
		status = ort->GetDimensionsCount(tensor, &dims);
	if (status || dims > TLML_OIP_DIMS)
		return status;
	t->dtype = type == TLML_ORT_FLOAT ? TLML_DTYPE_FP32 :
		   type == TLML_ORT_UINT8 ? TLML_DTYPE_UINT8 : TLML_DTYPE_OTHER;
	t->dims = dims;
	return ort->GetDimensions(tensor, t->shape, dims);
}

static ort_status *describe_tensor(const ort_session *s, int input, size_t i,
				   struct tlml_oip_tensor *t)
{
	ort_status *status;
	ort_info *info;
	char *name;

	status = input ? ort->SessionGetInputName(s, i, allocator, &name) :
			 ort->SessionGetOutputName(s, i, allocator, &name);
	if (status)
		return status;
	take_text(name, t->name, sizeof(t->name));
	status = input ? ort->SessionGetInputTypeInfo(s, i, &info) :
			 ort->SessionGetOutputTypeInfo(s, i, &info);
	if (status)
		return status;
	status = describe_shape(info, t);
	ort->ReleaseTypeInfo(info);
	return status;
}

static ort_status *describe(const ort_session *s, struct tlml_oip_metadata *m)
{
	ort_status *status;
	size_t i, n[2];

	status = ort->SessionGetInputCount(s, &n[0]);
	if (!status)
		status = ort->SessionGetOutputCount(s, &n[1]);
	if (status)
		return status;
	m->inputs = n[0] < TLML_OIP_TENSORS ? n[0] : TLML_OIP_TENSORS;
	m->outputs = n[1] < TLML_OIP_TENSORS ? n[1] : TLML_OIP_TENSORS;
	for (i = 0; !status && i < m->inputs; i++)
		status = describe_tensor(s, 1, i, &m->input[i]);
	for (i = 0; !status && i < m->outputs; i++)
		status = describe_tensor(s, 0, i, &m->output[i]);
	return status;
}

static int classes_find(const ort_session *s, struct tlml_oip_plan *plan, struct tlml_error *e)
{
	char *value = NULL, text[TLML_CLASSES_MAX * TLML_NAME_MAX + 1];
	ort_metadata *meta;
	ort_status *status;

	status = ort->SessionGetModelMetadata(s, &meta);
	if (!status) {
		status = ort->ModelMetadataLookupCustomMetadataMap(meta, allocator,
								   TLML_CLASSES_KEY, &value);
		ort->ReleaseModelMetadata(meta);
	}
	if (status)
		return ort_fail(status, EINVAL, "cannot describe it", e);
	if (!value)
		return tlml_error_set(e, EINVAL, "it does not name its classes: set its metadata property " TLML_CLASSES_KEY " to their names, with commas between");
	take_text(value, text, sizeof(text));
	return tlml_engine_classes(text, strlen(text), plan, e);
}

static void onnx_close(void *state)
{
	struct onnx *x = state;

	if (x->session)
		ort->ReleaseSession(x->session);
	free(x);
}

static int onnx_begin(struct onnx *x, const void *bytes, size_t size, struct tlml_error *e)
{
	struct tlml_oip_plan named = { 0 };
	ort_status *status;
	int err;

	status = session_open(bytes, size, &x->session);
	if (status)
		return ort_fail(status, EINVAL, "cannot read it", e);
	status = describe(x->session, &x->meta);
	if (status)
		return ort_fail(status, EINVAL, "cannot describe it", e);
	err = classes_find(x->session, &named, e);
	if (err)
		return err;
	if (tlml_oip_fit(&x->meta, named.klass, named.classes, 1, &x->plan, e))
		return -EINVAL;
	return x->plan.inputs ? 0 : tlml_error_set(e, EINVAL, "it has no inputs");
}

static int onnx_open(const void *bytes, size_t size, unsigned int workers,
		     struct tlml_oip_plan *plan, void **state, struct tlml_error *e)
{
	struct onnx *x;
	int err;

	err = runtime_open(e);
	if (err)
		return err;
	x = calloc(1, sizeof(*x));
	if (!x)
		return tlml_error_set(e, ENOMEM, "no memory");
	err = onnx_begin(x, bytes, size, e);
	if (err) {
		onnx_close(x);
		return err;
	}
	*plan = x->plan;
	*state = x;
	return 0;
}

/* A tensor over memory of ours; bytes take the numbers first if the model wants such. */
static ort_status *value_make(const struct tlml_oip_plan *plan, unsigned int i,
			      const struct tlml_rows *rows, unsigned int n, uint8_t *bytes,
			      ort_value **value)
{
	const struct tlml_input_info *info = &tlml_inputs[plan->input[i].input];
	const float *x = rows->value[plan->input[i].input];
	const int64_t shape[] = { n, info->shape[0], info->shape[1] };
	size_t k, values = (size_t)n * info->values;

	if (plan->input[i].dtype == TLML_DTYPE_FP32)
		return ort->CreateTensorWithDataAsOrtValue(memory, (void *)x, values * sizeof(*x),
							   shape, 1 + info->dims, TLML_ORT_FLOAT,
							   value);
	for (k = 0; k < values; k++)
		bytes[k] = x[k] <= 0 ? 0 : x[k] >= 255 ? 255 : (uint8_t)x[k];
	return ort->CreateTensorWithDataAsOrtValue(memory, bytes, values, shape, 1 + info->dims,
						   TLML_ORT_UINT8, value);
}

static int onnx_run(void *state, unsigned int worker, const struct tlml_rows *rows,
		    unsigned int n, float *p, struct tlml_error *e)
{
	const struct onnx *x = state;
	const char *names[TLML_INPUTS], *const output[] = { x->plan.output };
	const int64_t shape[] = { n, x->plan.classes };
	ort_value *in[TLML_INPUTS] = { NULL }, *out = NULL;
	uint8_t bytes[TLML_INPUTS][BYTES_MAX];
	ort_status *status;
	unsigned int i;

	status = ort->CreateTensorWithDataAsOrtValue(memory, p, n * x->plan.classes * sizeof(*p),
						     shape, 2, TLML_ORT_FLOAT, &out);
	for (i = 0; !status && i < x->plan.inputs; i++) {
		names[i] = x->meta.input[i].name;
		status = value_make(&x->plan, i, rows, n, bytes[i], &in[i]);
	}
	if (!status)
		status = ort->Run(x->session, NULL, names, (const ort_value *const *)in,
				  x->plan.inputs, output, 1, &out);
	for (i = 0; i < x->plan.inputs; i++)
		if (in[i])
			ort->ReleaseValue(in[i]);
	if (out)
		ort->ReleaseValue(out);
	return status ? ort_fail(status, EIO, "cannot compute", e) : 0;
}

const struct tlml_engine tlml_engine_onnx = {
	.platform = "onnxruntime_onnx",
	.open = onnx_open,
	.run = onnx_run,
	.close = onnx_close,
};
