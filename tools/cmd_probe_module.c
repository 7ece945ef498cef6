// SPDX-License-Identifier: BSD-2-Clause
/* probe: the kernel module, which nothing depends on: bigger nets, and control by netlink. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../daemon/nl.h"
#include "cmd.h"
#include "lib/module.h"

struct isa {
	char name[32];
};

static int take_isa(struct genlmsghdr *reply, void *arg)
{
	struct nlattr *tb[TLML_A_CAPS_MAX + 1];
	struct isa *isa = arg;
	int err = tlml_nl_attrs(reply, tb, TLML_A_CAPS_MAX);

	if (!err && tb[TLML_A_CAPS_ISA])
		snprintf(isa->name, sizeof(isa->name), "%.31s", nla_get_string(tb[TLML_A_CAPS_ISA]));
	return err;
}

/* What it computes with, "" if it does not say. */
static void ask_isa(struct isa *isa)
{
	struct tlml_error ignored;
	struct tlml_nl *nl;

	isa->name[0] = 0;
	if (tlml_nl_open(&nl, &ignored))
		return;
	if (!tlml_nl_find(nl, &ignored))
		tlml_nl_ask(nl, tlml_nl_request(nl, TLML_CMD_CAPS_GET, 0, 0), take_isa, isa,
			    &ignored);
	tlml_nl_close(nl);
}

void tlml_cmd_probe_module(struct tlml_out *o)
{
	int loaded = !access("/sys/module/tlml", F_OK), calls;
	struct tlml_error why;
	struct isa isa;

	calls = !tlml_module_check(&why);
	ask_isa(&isa);
	tlml_cmd_probe_row(o, "module", loaded, "optional: nets too big for BPF, control by netlink");
	tlml_cmd_probe_row(o, "module_btf", !access(TLML_MODULE_BTF, R_OK), "lets programs call the module");
	tlml_cmd_probe_row(o, "module_kfuncs", calls, calls ? TLML_MODULE_FUNC : why.text);
	tlml_cmd_probe_row(o, "module_isa", *isa.name, *isa.name ? isa.name : "what it computes with");
}
