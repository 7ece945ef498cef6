/* SPDX-License-Identifier: BSD-2-Clause */
/* The bytes of the default model's anchor, for tlmld to carry. */
	.section .rodata
	.balign 16
	.globl tlml_default_anchor, tlml_default_anchor_size
tlml_default_anchor:
	.incbin "tools/models/default.anchor"
1:
	.balign 4
tlml_default_anchor_size:
	.long 1b - tlml_default_anchor
	.section .note.GNU-stack, "", %progbits
