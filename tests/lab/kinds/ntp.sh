# SPDX-License-Identifier: BSD-2-Clause
# Clocks asking for the time: ntpdig, rdate and toybox against toybox servers.
# shellcheck shell=bash

ntp_session() {
	ends
	rnd 1 10
	if ((REPLY <= 5)); then
		rnd 1 5
		as_device ntpdig -t 1 -p "$REPLY" -g $((300 + RANDOM % 1700)) "$S"
	elif ((REPLY <= 8)); then
		as_device rdate -n -p "$S"
	else
		as_device timeout 2 toybox sntp "$S"
	fi
}

kind_run() {
	local server servers=()
	# toybox answers from the address it is bound to, so one for each.
	# shellcheck disable=SC2153
	for server in "${SERVERS[@]}"; do
		ip netns exec "$LAB_WAN" toybox sntp -S "$server" >/dev/null 2>&1 </dev/null &
		servers+=($!)
	done
	nap 200
	rnd 120 220
	every "$REPLY" $((REPLY * 2)) ntp_session
	# The last questions still want an answer.
	nap 1500
	kill "${servers[@]}"
}
