#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# tlml-large: what it serves, to whom, and what it has left of the machine.
set -euo pipefail
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/large.sh"

about() {
	says '"live":true' get /v2/health/live
	says '"ready":true' get /v2/health/ready
	says '"name":"tlml-large".*"binary_tensor_data"' get /v2
	says '"name":"tlml".*"platform":"xgboost".*"probabilities".*"classes":\["' get /v2/models/tlml
	says '"state":"READY"' post /v2/repository/index
	says '"inference_count":0' get /v2/models/tlml/versions/1/stats
}

counts() { # what it computed, in the chunks that it was computed in
	says '^200 4$' ask load 1 4 17
	get /v2/models/tlml/stats >"$TMP/stats"
	python3 - "$TMP/stats" <<-'EOF'
		import json, sys
		m = json.load(open(sys.argv[1]))['model_stats'][0]
		s = m['inference_stats']
		assert 4 + 34 - 2 < m['inference_count'] <= 68 and 4 <= m['execution_count'] <= 8, m
		assert s['success']['count'] == 4 and s['fail']['count'] == 0, m
		assert 0 < s['compute_infer']['ns'] and m['last_inference'] > 1 << 40, m
		assert 0 < s['queue']['ns'] < s['success']['ns'], m
	EOF
}

refuses() { # the status, the words, and what would be right
	says '^HTTP/1.1 405' get /v2 -i -X DELETE
	grep -q '^Allow: GET' "$TMP/said"
	says '^HTTP/1.1 405' get /v2/models/tlml/infer -i
	grep -q '^Allow: POST' "$TMP/said"
	says '\{"error":"ask by POST"\}' get /v2/models/tlml/infer
	says '^HTTP/1.1 405' get /v2 -I
	says '^HTTP/1.1 404' get /v2/models/tlml/versions/9 -i
	says 'there is no such model' get /v2/models/colour
	says '^HTTP/1.1 400' post /v2/models/tlml/infer -i -d '{}'
	says 'no array of inputs' post /v2/models/tlml/infer -d '{}'
	says '^HTTP/1.1 413' post /v2/models/tlml/infer -i -H Expect: --data-binary "@$TMP/nine"
}

hostile() {
	local before
	before=$(worker)
	ask hostile >"$TMP/said"
	cat "$TMP/said"
	[ "$(wc -l <"$TMP/said")" = 22 ]
	if grep -vE ': 1 (400|40[45]|413|417)$|: 0 closed$|: 40 200$|^another host: 1 200$' "$TMP/said"; then return 1; fi
	says '"live":true' get /v2/health/live
	[ "$(worker)" = "$before" ]
}

sandboxed() { # both processes; the worker also by a filter
	local p here
	here=$(readlink /proc/self/ns/net)
	for p in $(worker) "$(cat "$TMP/pid")"; do
		grep -qE '^Uid:(\s+65534){4}$' "/proc/$p/status"
		grep -qE '^Gid:(\s+65534){4}$' "/proc/$p/status"
		grep -qE '^CapPrm:\s+0+$' "/proc/$p/status"
		grep -qE '^CapBnd:\s+0+$' "/proc/$p/status"
		grep -qE '^NoNewPrivs:\s+1$' "/proc/$p/status"
		[ "$(readlink "/proc/$p/ns/net")" != "$here" ]
		[ "$(nsenter -t "$p" -n ip -o link | wc -l)" = 1 ]
		says ': <LOOPBACK> ' nsenter -t "$p" -n ip -o link
	done
	grep -qE '^Seccomp:\s+2$' "/proc/$(worker)/status"
}

socket_mode() { [ "$(stat -c '%a %U %G' "$sock")" = '660 nobody nogroup' ]; }

over_tcp() { # with the network kept, and without control
	large --null a,b --listen 127.0.0.1:0 --listen '[::1]:0'
	[ "$(readlink "/proc/$(worker)/ns/net")" = "$(readlink /proc/self/ns/net)" ]
	for at in $(ss -Hltnp | awk -v pid="pid=$(worker)," 'index($0, pid) { print $4 }'); do
		says '"binary_tensor_data"' curl -sS --max-time 60 "http://$at/v2"
		says '^HTTP/1.1 403' curl -sSi --max-time 60 -X POST "http://$at/v2/repository/models/tlml/unload"
		echo "$at" >>"$TMP/tcp"
	done
	[ "$(wc -l <"$TMP/tcp")" = 2 ]
	says '^HTTP/1.1 200' post /v2/repository/models/tlml/unload -i
	says '^HTTP/1.1 503' get /v2/health/ready -i
	says '^HTTP/1.1 404' get /v2/models/tlml -i
	says '^HTTP/1.1 200' post /v2/repository/models/tlml/load -i
	says '"versions":\["2"\]' get /v2/models/tlml
}

second() { # where another one is, and where one was
	if tlml-large --socket "$sock" >"$TMP/out" 2>&1; then return 1; fi
	grep -q 'is taken' "$TMP/out"
	says '"live":true' get /v2/health/live
	kill -KILL "$(cat "$TMP/pid")" "$(worker)"
	rm "$TMP/pid"
	[ -S "$sock" ]
	large --null a,b
}

ends() {
	local p w
	p=$(cat "$TMP/pid") w=$(worker)
	kill "$p"
	wait_until 10 gone "$p"
	wait_until 10 gone "$w"
	[ ! -e "$sock" ]
}

refused() { # WORDS OPTION...: with nothing left behind
	ktap_refuse "refuses ${*:2}" "$1" tlml-large --socket "$sock" "${@:2}"
	[ ! -e "$sock" ] || ktap_fail "left $sock behind"
}

ktap_plan 24
truncate -s 9M "$TMP/nine"
ktap_ok 'it starts' large
ktap_ok 'it says what it is and has' about
ktap_ok 'it counts' counts
ktap_ok 'what is asked wrongly is refused' refuses
ktap_ok 'hostile clients' hostile
ktap_ok 'it has no privileges and no network' sandboxed
ktap_ok 'its socket is for its user' socket_mode
ktap_ok 'it listens to TCP, but takes no orders there' over_tcp
ktap_ok 'one at a time at a socket, and a dead one is no hindrance' second
ktap_ok 'told to end, it takes its socket along' ends
refused 'no user .nosuch.' --user nosuch
refused 'cannot list the models in /nowhere' --models /nowhere
refused '2 to 16' --null a
refused 'both called a' --null a,b,a
refused '1 to 15 plain' --null a,abcdefghijklmnop
refused 'HOST:PORT' --listen 8000
refused 'HOST:PORT' --listen 127.0.0.1:65536
refused 'cannot listen at 192.0.2.9:80' --listen 192.0.2.9:80
refused 'from 1 to 64' --threads 0
refused 'from 1 to 1024' --queue x
refused 'no such open descriptor' --follow 99
refused 'no option' something
ktap_refuse 'refuses a socket in no directory' 'cannot listen at /nowhere/s' tlml-large --socket /nowhere/s
ktap_refuse 'refuses to replace a file' 'is taken' tlml-large --socket "$TMP/nine"
