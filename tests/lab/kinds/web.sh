# SPDX-License-Identifier: BSD-2-Clause
# Pages with their objects, API polls and plain-HTTP redirects, by curl over TLS.
# shellcheck shell=bash

web_objects() {
	local i
	ARGS=()
	for ((i = 0; i < $1; i++)); do
		rnd 0 "$2"
		ARGS+=(-o /dev/null "https://$H/o/$REPLY")
	done
}

# one page, either multiplexed over one connection or over several
web_page() {
	local how
	rnd 2 16
	web_objects "$REPLY" 48
	pick 2 3 4 6
	if chance 50; then
		how=(--http2 -Z --parallel-max "$REPLY")
	else
		how=(--http1.1 -Z --parallel-immediate --parallel-max "$REPLY")
	fi
	curl -sk -m 15 --interface "$C" "${how[@]}" "${ARGS[@]}"
}

# a reader who follows links: one connection, pauses between the objects
web_read() {
	rnd 2 9
	web_objects "$REPLY" 50
	rndlog 30 400
	curl -sk -m 15 --interface "$C" --rate "$REPLY/m" "${ARGS[@]}"
}

web_api() {
	local n i
	rnd 1 6
	n=$REPLY
	ARGS=()
	for ((i = 0; i < n; i++)); do ARGS+=(-o /dev/null "https://$H/api/v1"); done
	if chance 40; then
		word $((20 + RANDOM % 900))
		ARGS+=(-d "$REPLY")
	fi
	rndlog 40 300
	curl -sk -m 15 --interface "$C" --rate "$REPLY/m" "${ARGS[@]}"
}

web_session() {
	ends
	rnd 1 100
	if ((REPLY <= WEB_PAGE)); then
		web_page
	elif ((REPLY <= WEB_PAGE + 20)); then
		web_read
	elif ((REPLY <= WEB_PAGE + 38)); then
		web_api
	else
		curl -s -m 5 --interface "$C" -o /dev/null "http://$H/go/"
		chance 50 && curl -sk -m 5 --interface "$C" -o /dev/null "https://$H/o/20"
	fi
}

kind_run() {
	rnd 30 55
	WEB_PAGE=$REPLY
	rnd 150 300
	every "$REPLY" $((REPLY * 2)) web_session
}
