# SPDX-License-Identifier: BSD-2-Clause
# Port scans of every common sort by nmap, a few hundred probes a run.
# shellcheck shell=bash

# $1 lowest, $2 highest count of ports; a list for -p
scan_ports() {
	local n list=21,22,53,80,443,1883
	rnd "$1" "$2"
	for ((n = REPLY; n > 0; n--)); do
		rndlog 20 40000
		list+=,$REPLY
	done
	REPLY=$list
}

scan_session() {
	local how targets=() n scan=(nmap -n -Pn --max-retries 1 --host-timeout 6s)
	ends
	rnd 1 5
	n=$REPLY
	while ((n--)); do
		rnd "$LAB_FIRST" "$LAB_LAST"
		# Same family as the first target, which is in the plan.
		[[ $S == *:* ]] && targets+=("$LAB_WAN6$REPLY") || targets+=("${S%.*}.$REPLY")
	done
	[[ $S == *:* ]] && scan+=(-6)
	chance 60 && rnd 40 400 && scan+=(--max-rate "$REPLY")
	pick -sS -sS -sS -sT -sT -sU -sF -sX -sA
	how=$REPLY
	if [ "$how" = -sU ]; then scan_ports 3 12; else scan_ports 4 40; fi
	scan+=("$how" -p "$REPLY" "$S" "${targets[@]}")
	if [ "$how" = -sT ]; then
		as_device "${scan[@]}"
	else
		"${scan[@]}" -e eth0 -S "$C"
	fi
}

kind_run() {
	rnd 900 2200
	every "$REPLY" $((REPLY * 2)) scan_session 1500
}
