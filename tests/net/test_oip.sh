#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# timeout 300
# tlml's side of the Open Inference Protocol against oip_server.py, which was written from the
# protocol's documents and shares no code with it: every form of answer, every fault.
set -euo pipefail
. "$(dirname "$0")/../lib.sh"
need oip_client curl
here=$(cd "$(dirname "$0")" && pwd)
"$here/oip_server.py" --help >/dev/null || ktap_skip_all 'needs python3-numpy: run tests/deps.sh check as root'

server() { # WHERE OPTION...: instead of the one before, which a step may have started
	stop
	: >"$TMP/log"
	"$here/oip_server.py" "$@" >"$TMP/log" &
	echo $! >"$TMP/pid"
	wait_until 10 grep -q '^listening' "$TMP/log"
	url=$(sed -n 's/^listening //p' "$TMP/log")
}
stop() {
	[ ! -e "$TMP/pid" ] || { kill "$(cat "$TMP/pid")" && rm "$TMP/pid"; }
}
at_exit stop

saw() { # LINE: that the server printed
	grep -qxF "$1" "$TMP/log" || { cat "$TMP/log"; return 1; }
}

both_ways() { # OPTION...: as bytes and as JSON, on one connection each if the server keeps it
	server "$TMP/s" "$@"
	oip_client -k "$url" 1 2 17 64 256
	saw 'infer 256 binary'
	oip_client -kj "$url" 256 1 64
	saw 'infer 64 json'
}

tcp() {
	server 127.0.0.1:0
	oip_client -k "$url" 64
}

json_only() { # by itself, as the server does not list the extension
	server "$TMP/s" --json-only
	oip_client -k "$url" 1 64
	saw 'infer 64 json'
}

some_inputs() {
	server "$TMP/s" --inputs packets --classes a,b
	oip_client -k "$url" 64
	server "$TMP/s" --inputs flow,features --classes a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p
	oip_client -k "$url" 64
}

untold() { # names of classes by configuration
	server "$TMP/s" --quiet
	if oip_client "$url" 1; then return 1; fi
	oip_client -k -c web,dns,scan,bulk "$url" 16
	if oip_client -c web,dns "$url" 1; then return 1; fi
}

other_order() { # the same probabilities by name
	server "$TMP/s"
	oip_client "$url" 16 >"$TMP/plain"
	server "$TMP/s" --fault classes
	oip_client "$url" 16 >"$TMP/turned"
	if cmp "$TMP/plain" "$TMP/turned"; then return 1; fi
	for f in plain turned; do
		while read -ra words; do printf '%s\n' "${words[@]}" | sort | xargs; done <"$TMP/$f" >"$TMP/$f.sorted"
	done
	diff "$TMP/plain.sorted" "$TMP/turned.sorted"
}

slow() {
	server "$TMP/s" --fault slow --delay 0.3
	oip_client -k "$url" 4
}

recovers() {
	server "$TMP/s" --fault busy
	if oip_client "$url" 4; then return 1; fi
	kill -USR1 "$(cat "$TMP/pid")"
	oip_client -k "$url" 4
}

refused() { # BODY: the server takes nothing that it need not
	[ "$(curl -s --unix-socket "$TMP/s" -o "$TMP/body" -w '%{http_code}' "${@:2}" \
		-H 'Content-Type: application/json' -d "$1" http://localhost/v2/models/tlml/infer)" = 400 ]
	grep -q '"error"' "$TMP/body"
}

strict() {
	local zeros
	zeros=$(printf '0,%.0s' {1..32})
	server "$TMP/s" --inputs features
	refused ''
	refused '{"inputs":[]}'
	refused "{\"inputs\":[{\"name\":\"features\",\"shape\":[1,32],\"datatype\":\"INT8\",\"data\":[${zeros%,}]}]}"
	refused "{\"inputs\":[{\"name\":\"features\",\"shape\":[2,32],\"datatype\":\"UINT8\",\"data\":[${zeros%,}]}]}"
	refused "{\"inputs\":[{\"name\":\"features\",\"shape\":[1,32],\"datatype\":\"UINT8\",\"data\":[${zeros}256]}]}"
	refused "{\"inputs\":[{\"name\":\"features\",\"shape\":[1,32],\"datatype\":\"UINT8\"}]}"
	refused "{\"input\":[{\"name\":\"features\",\"shape\":[1,32],\"datatype\":\"UINT8\",\"data\":[${zeros%,}]}]}"
	refused '{}xxxx' -H 'Inference-Header-Content-Length: 2'
}

other_client() { # what it finds wrong with a server is wrong
	server "$TMP/s" "$@"
	"$here/oip_ask.py" "$TMP/s"
}

fault() { # FAULT REGEX OPTION...: of the client
	server "$TMP/s" --fault "$1"
	ktap_refuse "$1 ${*:3}: $2" "$2" oip_client "${@:3}" "$url" 5
}

ktap_plan 33
for form in plain chunked nested more pieces close; do
	ktap_ok "answers in the form: $form" both_ways --form "$form"
done
ktap_ok 'over TCP' tcp
ktap_ok 'a server without binary tensors is asked in JSON' json_only
ktap_ok 'a model that wants some of the inputs' some_inputs
ktap_ok 'names of classes by configuration' untold
ktap_ok 'classes in another order' other_order
ktap_ok 'a slow server' slow
ktap_ok 'a server that recovers' recovers
ktap_ok 'the other implementation is strict' strict
ktap_ok 'its client agrees with its server' other_client
ktap_refuse 'and would not with a broken one' 'Wrong: .*nan' other_client --fault nan
fault slow 'recv: Resource temporarily unavailable' -w 50
fault hang 'recv: Resource temporarily unavailable' -w 300
fault half 'closed half-way in a response'
fault garbage 'not an HTTP response'
fault shape 'not of shape \[5, 4\]'
fault row 'not of shape \[5, 4\]'
fault nan 'row 2, class 0: .*nan is no probability'
fault nan 'not JSON \(byte [0-9]+: invalid token' -j
fault sum 'row 0 sums to 2, not to 1'
fault sum 'row 0 sums to 2, not to 1' -j
fault busy 'status 503, retry after 1: too much to do'
fault error 'status 500, retry after -1: the model burst'
fault drop 'closed without a response'
fault excess '22 bytes after the end of a response'
fault unready 'ready: status 400'
fault metadata "wants an input 'colour'"
stop
ktap_refuse 'nobody listens' 'Connection refused' oip_client "$url" 1
