/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The words of `tlmlctl set IFACE ...`, which are also the lines of a policy file:
 *
 *   mode off|monitor|enforce [confirm SECONDS]
 *   confirm
 *   class NAME|* action pass|drop
 *   class NAME action limit RATE [BURST]	packets per second and source prefix
 *   class NAME action mark MARK [dscp 0..63]
 *   class NAME margin act|hard 0..255
 *   anomaly LOW HIGH				0..128, LOW <= HIGH
 *   allow add|del PREFIX
 *   allow clear
 *   lease SECONDS|forever
 *   audit 0..31				ask about one flow in 2^N, 0 for none
 *   ask from PACKET				1, 2, 4 .. 32768: hard are flows that got so far
 *   ask rate RATE [BURST]			questions per second
 *   ask class-rate RATE [BURST]		of one class
 *   ask prefix-rate RATE [BURST]		of one IPv4 /24 or IPv6 /56
 *   payload 0..64				bytes told of each packet of a hard flow
 *   report RATE [BURST]			traced decisions per second and CPU
 *   trace on|off
 */
#ifndef TLML_POLICY_H
#define TLML_POLICY_H

#include "maps.h"

/* Applies one line's words. -EINVAL with a sentence that names the word and what is allowed. */
int tlml_policy_set(struct tlml_maps *m, int argc, char **argv, struct tlml_error *e);

/* Applies a file: '#' comments, blank lines; all or nothing; errors name file and line. */
int tlml_policy_file(struct tlml_maps *m, const char *path, struct tlml_error *e);

const char *tlml_mode_name(enum tlml_mode mode);
const char *tlml_action_name(enum tlml_action action);
const char *tlml_reason_name(enum tlml_reason reason);

#endif
