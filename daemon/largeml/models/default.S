/* SPDX-License-Identifier: BSD-2-Clause */
/* The built-in large model's bytes, and its cases, for tlml-large to carry. */
	.section .rodata
	.balign 16
	.globl tlml_large_default, tlml_large_default_size
tlml_large_default:
	.incbin "daemon/largeml/models/default.ubj"
1:
	.balign 4
tlml_large_default_size:
	.long 1b - tlml_large_default
	.balign 16
	.globl tlml_large_cases, tlml_large_cases_size
tlml_large_cases:
	.incbin "daemon/largeml/models/default.cases"
2:
	.balign 4
tlml_large_cases_size:
	.long 2b - tlml_large_cases
	.section .note.GNU-stack, "", %progbits
