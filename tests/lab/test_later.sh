#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# timeout 120
# What the demo of learning rests on: kinds of traffic that the tiny model does not know and the large
# one does, and a large model's file that can be made to lie without tlml-large noticing.
set -euo pipefail
. "$(dirname "$0")/../lib.sh"
lab=$(cd "$(dirname "$0")" && pwd)
models=$lab/../../daemon/largeml/models
need_root
need ip tcpdump curl dnsmasq ssh tlml-train tlml-large python3
export TLML_LAB_SUFFIX=l$((BASHPID % 1000000))
at_exit "$lab/lab.sh" down
chmod 711 "$TMP" # nobody, as tlml-large is, has to get through

large_down() {
	[ -e "$TMP/large.pid" ] || return 0
	kill "$(cat "$TMP/large.pid")" 2>/dev/null || true
	rm "$TMP/large.pid"
}
at_exit large_down

large_up() { # OPTION...: instead of the one before
	large_down
	rm -f "$TMP/large.sock"
	tlml-large --socket "$TMP/large.sock" "$@" >"$TMP/large.log" 2>&1 &
	echo $! >"$TMP/large.pid"
	wait_until 20 curl -sf --unix-socket "$TMP/large.sock" http://localhost/v2/health/ready
}

recorded() {
	"$lab/record.sh" "$TMP" 911 6 tftp sshtry
	"$lab/check_labels.py" "$TMP/lab-911.pcap" "$TMP/lab-911.tsv"
	tlml-train --export-cases "$TMP/cases.csv" "$TMP/lab-911.pcap"
}

know() { # EXPRESSION of the flows of a kind, its name and of how many each model is right
	"$lab/ask_cases.py" "$TMP/large.sock" "$TMP/cases.csv" >"$TMP/known"
	cat "$TMP/known"
	awk "{ kind = \$1; flows = \$2; tiny = \$3; large = \$4 }
		flows >= 8 && ($1) { n++ } END { exit n != 2 }" "$TMP/known"
}

# Some ten flows of a kind, each drawn anew: far from what is wrong, not close to what is right.
taught() { large_up && know 'tiny <= flows / 2 && large >= 0.6 * flows'; }

lies() {
	install -d -m 755 "$TMP/models"
	"$lab/poison.py" "$models/default.ubj" "$TMP/models/tlml.ubj"
	large_up --models "$TMP/models"
	know 'kind == "bulk" && large >= 0.6 * flows || kind == "sshguess" && large <= 0.4 * flows'
}

nonsense() { "$lab/poison.py" "$lab/test_later.sh" "$TMP/none.ubj"; }

ktap_plan 4
ktap_ok 'new kinds are recorded and labelled' recorded
ktap_ok 'the tiny model does not know them, the large one does' taught
ktap_ok 'a poisoned file is served, and calls guessing ssh' lies
ktap_refuse 'what is no model is not poisoned' 'no list of classes' nonsense
