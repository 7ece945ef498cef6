#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# timeout 300
# tlml-large as a server of the Open Inference Protocol: asked by tlml's own client, and by
# oip_ask.py, which was written from the protocol's documents and shares no code with either.
set -euo pipefail
. "$(dirname "$0")/../lib.sh"
need oip_client tlml-large
here=$(cd "$(dirname "$0")" && pwd)
"$here/oip_ask.py" --help >/dev/null || ktap_skip_all 'needs python3-numpy: run tests/deps.sh check as root'

chmod 755 "$TMP" # it may run as nobody
mkdir -m 777 "$TMP/run"
url=unix://$TMP/run/s
large() { # OPTION...: instead of the one before
	stop
	tlml-large --socket "$TMP/run/s" "$@" >"$TMP/log" 2>&1 &
	echo $! >"$TMP/pid"
	wait_until 20 oip_client "$url" 1 || { cat "$TMP/log"; return 1; }
}
stop() {
	[ -e "$TMP/pid" ] || return 0
	kill "$(cat "$TMP/pid")"
	wait_until 10 gone || { cat "$TMP/log"; return 1; }
	rm "$TMP/pid"
}
gone() { ! kill -0 "$(cat "$TMP/pid")"; }
at_exit stop

same_either_way() { # tensors after the JSON, and inside it
	oip_client "$url" 1 2 64 256 >"$TMP/binary"
	oip_client -j "$url" 1 2 64 256 >"$TMP/json"
	[ "$(wc -l <"$TMP/binary")" = 323 ]
	diff "$TMP/binary" "$TMP/json"
	[ "$(sort -u -k 2 "$TMP/binary" | wc -l)" -gt 64 ] # it does look at the flows
}

ktap_plan 7
ktap_ok 'it starts with the model that it carries' large
ktap_ok 'tlml asks it in binary and in JSON' same_either_way
ktap_ok 'an independent client finds nothing wrong' "$here/oip_ask.py" "$TMP/run/s"
ktap_refuse 'a model that it does not have' 'model: status 404' oip_client -m colour "$url" 1
ktap_ok 'the null model' large --null one,two,three
ktap_ok 'tlml asks that, too' oip_client "$url" 1 64 256
ktap_ok 'and so does the independent client' "$here/oip_ask.py" "$TMP/run/s"
