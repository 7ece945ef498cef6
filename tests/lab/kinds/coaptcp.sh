# SPDX-License-Identifier: BSD-2-Clause
# Small devices behind something that lets TCP through alone: what coap.sh does, over TCP.
# shellcheck shell=bash

coaptcp_session() {
	ends
	rnd 1 100
	if ((REPLY <= 25)); then
		left
		coap-client-notls -a "$C" -B 3 -s $((2 + RANDOM % (REPLY / 1000 + 1))) -m get "coap+tcp://$H/time"
	elif ((REPLY <= 50)); then
		coap-client-notls -a "$C" -B 2 -m get "coap+tcp://$H/time?ticks"
	elif ((REPLY <= 65)); then
		pick 16 32 64 256
		coap-client-notls -a "$C" -B 2 -b "$REPLY" -m get "coap+tcp://$H/.well-known/core"
	else
		rndlog 4 600
		word "$REPLY"
		coap-client-notls -a "$C" -B 2 -m put -e "$REPLY" "coap+tcp://$H/example_data"
	fi
}

kind_run() {
	rnd 130 230
	every "$REPLY" $((REPLY * 2)) coaptcp_session
}
