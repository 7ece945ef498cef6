# SPDX-License-Identifier: BSD-2-Clause
# Small devices: reads, writes, discovery, and observing a clock.
# shellcheck shell=bash

coap_session() {
	local type=()
	ends
	chance 35 && type=(-N)
	rnd 1 100
	if ((REPLY <= 25)); then
		left
		coap-client-notls -a "$C" "${type[@]}" -B 3 -s $((2 + RANDOM % (REPLY / 1000 + 1))) -m get "coap://$H/time"
	elif ((REPLY <= 50)); then
		coap-client-notls -a "$C" "${type[@]}" -B 2 -m get "coap://$H/time?ticks"
	elif ((REPLY <= 65)); then
		pick 16 32 64 256
		coap-client-notls -a "$C" "${type[@]}" -B 2 -b "$REPLY" -m get "coap://$H/.well-known/core"
	elif ((REPLY <= 90)); then
		rndlog 4 600
		word "$REPLY"
		local body=$REPLY
		pick 64 128 512 1024
		coap-client-notls -a "$C" "${type[@]}" -B 2 -b "$REPLY" -m put -e "$body" "coap://$H/example_data"
	else
		coap-client-notls -a "$C" -B 2 -m get "coap://$H/async?$((1 + RANDOM % 2))"
	fi
}

kind_run() {
	rnd 130 230
	every "$REPLY" $((REPLY * 2)) coap_session
}
