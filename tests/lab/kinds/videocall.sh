# SPDX-License-Identifier: BSD-2-Clause
# Telephone calls with a picture: the calls of voip.sh in larger and closer packets.
# shellcheck shell=bash
# shellcheck source-path=SCRIPTDIR source=voip.sh
. "$LAB_SRC/kinds/voip.sh"

kind_run() { voip_calls videocalls.tsv h264 h264 vp8; }
