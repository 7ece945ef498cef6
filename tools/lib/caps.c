// SPDX-License-Identifier: BSD-2-Clause
/* Whether this process may do what it is about to. */
#include "caps.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static const struct {
	unsigned int cap;
	const char *name;
	bool admin_will_do;	/* CAP_SYS_ADMIN stands for it */
	bool share_only;
} needed[] = {
	{ CAP_BPF, "CAP_BPF", true, false },
	{ CAP_PERFMON, "CAP_PERFMON", true, false },
	{ CAP_NET_ADMIN, "CAP_NET_ADMIN", false, false },
	{ CAP_SYS_ADMIN, "CAP_SYS_ADMIN", false, true },
};

static bool has(const struct __user_cap_data_struct *data, unsigned int cap)
{
	return data[CAP_TO_INDEX(cap)].effective & CAP_TO_MASK(cap);
}

int tlml_caps_check(bool share, struct tlml_error *e)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {};
	char missing[96] = "";
	size_t at = 0;

	if (syscall(SYS_capget, &header, data))
		return tlml_error_set(e, errno, "cannot ask for capabilities: %s", strerror(errno));
	for (unsigned int i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
		if (has(data, needed[i].cap) || (needed[i].share_only && !share) ||
		    (needed[i].admin_will_do && has(data, CAP_SYS_ADMIN)))
			continue;
		at += snprintf(missing + at, sizeof(missing) - at, "%s%s", at ? ", " : "",
			       needed[i].name);
	}
	if (!at)
		return 0;
	return tlml_error_set(e, EPERM,
			      "not enough privileges: %s %s missing; run as root, or grant what is missing",
			      missing, strchr(missing, ',') ? "are" : "is");
}
