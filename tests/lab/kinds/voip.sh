# SPDX-License-Identifier: BSD-2-Clause
# Telephone calls: RTP and RTCP both ways, each end on its own clock.
# shellcheck shell=bash

# Calls by the codecs $2..., in the file $1.
voip_calls() {
	local calls=$1 n at=0 len total
	shift
	left
	total=$REPLY
	rnd 240 330
	local gap=$((REPLY * ${TLML_LAB_PACE:-100} / 100))
	# start ms, length ms, client, its port, server, its port, codec, seed
	for ((n = 0; at < total - 1500; n++)); do
		ends
		rndlog 1500 12000
		len=$((at + REPLY < total ? REPLY : total - at))
		pick "$@"
		printf '%d\t%d\t%s\t%d\t%s\t%d\t%s\t%d\n' "$at" "$len" "$C" $((16384 + 2 * (RANDOM % 8000))) \
			"$S" $((10000 + 2 * n)) "$REPLY" "$RANDOM"
		rnd $((gap / 2)) $((gap * 3 / 2))
		at=$((at + REPLY))
	done >"$calls"
	ip netns exec "$LAB_WAN" "$LAB_SRC/kinds/rtp.py" callee "$calls" &
	"$LAB_SRC/kinds/rtp.py" caller "$calls"
}

kind_run() { voip_calls calls.tsv pcmu20 pcmu20 g729 opus pcmu30; }
