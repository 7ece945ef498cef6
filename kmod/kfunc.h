/* SPDX-License-Identifier: GPL-2.0 */
/* The kfuncs of uapi/tlml_kfunc.h. */
#ifndef TLML_KFUNC_H
#define TLML_KFUNC_H

/*
 * Registers them: 0 or -errno. There is no way back, and none is needed: they go with the BTF of
 * the module. Without BTF it still loads: whether BPF can call it, only its BTF in sysfs says.
 */
int tlml_kfunc_init(void);

#endif
