// SPDX-License-Identifier: GPL-2.0
/* tlml.ko: loads and unloads its parts. */
#include <linux/module.h>

#include "kfunc.h"
#include "netlink.h"
#include "simd.h"

static int __init tlml_init(void)
{
	int err;

	err = tlml_simd_init();
	if (err)
		return err;
	err = tlml_kfunc_init();
	if (err)
		return err;
	err = tlml_netlink_init();
	if (err)
		return err;
	pr_info("loaded, computes with %s\n", tlml_simd_name());
	return 0;
}

static void __exit tlml_exit(void)
{
	tlml_netlink_exit();
}

module_init(tlml_init);
module_exit(tlml_exit);
MODULE_DESCRIPTION("In-network inference: int8 nets for XDP and TC programs");
MODULE_LICENSE("GPL");
MODULE_VERSION("0.1");
