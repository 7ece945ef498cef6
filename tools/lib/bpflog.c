// SPDX-License-Identifier: BSD-2-Clause
/* What libbpf and libxdp want to say: nothing, unless asked. The kernel's own words are kept. */
#include "bpflog.h"

#include <bpf/libbpf.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <xdp/libxdp.h>

static bool loud;
static char kernel[256];

static int from_libbpf(enum libbpf_print_level level, const char *fmt, va_list args)
{
	static const char mark[] = "Kernel error message: ";
	char text[512];
	va_list copy;
	char *found;

	va_copy(copy, args);
	vsnprintf(text, sizeof(text), fmt, copy);
	va_end(copy);
	found = strstr(text, mark);
	if (found) {
		snprintf(kernel, sizeof(kernel), "%.*s", (int)sizeof(kernel) - 1,
			 found + sizeof(mark) - 1);
		kernel[strcspn(kernel, "\n")] = 0;
	}
	return loud && level <= LIBBPF_INFO ? vfprintf(stderr, fmt, args) : 0;
}

static int from_libxdp(enum libxdp_print_level level, const char *fmt, va_list args)
{
	return loud ? vfprintf(stderr, fmt, args) : 0;
}

void tlml_bpflog_init(bool verbose)
{
	loud = verbose;
	libbpf_set_print(from_libbpf);
	libxdp_set_print(from_libxdp);
}

const char *tlml_bpflog_kernel(void)
{
	return kernel;
}

void tlml_bpflog_clear(void)
{
	kernel[0] = 0;
}
