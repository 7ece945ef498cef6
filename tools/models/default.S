/* SPDX-License-Identifier: BSD-2-Clause */
/* The default model's bytes, for the programs to carry. */
	.section .rodata
	.balign 16
	.globl tlml_default_model, tlml_default_model_size
tlml_default_model:
	.incbin "tools/models/default.tlml"
1:
	.balign 4
tlml_default_model_size:
	.long 1b - tlml_default_model
	.section .note.GNU-stack, "", %progbits
