#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# timeout 300
# tlml-large with more to do than it can, and with models that change meanwhile.
set -euo pipefail
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/large.sh"

statuses() { # REGEX: all that load saw are such lines
	cat "$TMP/said"
	[ -s "$TMP/said" ]
	if grep -qvE "$1" "$TMP/said"; then return 1; fi
}

many() {
	ask load 16 20 256 >"$TMP/said"
	statuses '^200 320$'
	ask load 4 2 1024 >"$TMP/said"
	statuses '^200 8$'
}

full() { # some are refused, none is lost, and then all is well
	large --threads 1 --queue 2
	ask load 24 4 1024 >"$TMP/said"
	statuses '^(200|503) [0-9]+$'
	[ "$(wc -l <"$TMP/said")" = 2 ]
	[ "$(awk '{ n += $2 } END { print n }' "$TMP/said")" = 96 ]
	ask load 1 4 16 >"$TMP/said"
	statuses '^200 4$'
}

install_model() { # NAME FILE: whole, by a rename
	cp "$2" "$TMP/models/.new"
	mv "$TMP/models/.new" "$TMP/models/$1"
}

version() { get "/v2/models/$1" | grep -o '"versions":\["[0-9]*"' | grep -o '[0-9]*'; }

at_version() { [ "$(version "$1")" = "$2" ]; }

exchanged() { # what is under way is answered by the one that it asked
	local i
	large --models "$TMP/models"
	ask load 6 150 64 m >"$TMP/load" &
	for i in 2 3 4 5 6; do
		install_model m.ubj "$large_model"
		kill -HUP "$(cat "$TMP/pid")"
		wait_until 20 at_version m "$i"
	done
	says '^200' post /v2/repository/models/m/load -w '%{http_code}' -o /dev/null
	at_version m 7
	wait $!
	mv "$TMP/load" "$TMP/said"
	statuses '^200 900$'
}

damaged() { # each leaves the model as it is, and the process, too
	local before n size
	before=$(worker)
	size=$(stat -c %s "$large_model")
	for n in 0 1 100 $((size / 2)) $((size - 1)); do
		head -c "$n" "$large_model" >"$TMP/short"
		install_model m.ubj "$TMP/short"
		says '"error":".*/m.ubj: ' post /v2/repository/models/m/load
		says '"name":"m","version":"7","state":"READY","reason":".*/m.ubj: ' post /v2/repository/index
	done
	says '"error":"there is no file' post /v2/repository/models/nobody/load
	ask load 2 4 64 m >"$TMP/said"
	statuses '^200 8$'
	[ "$(worker)" = "$before" ]
}

unreadable() {
	install_model m.ubj "$large_model"
	chmod 600 "$TMP/models/m.ubj"
	says 'm.ubj: Permission denied' post /v2/repository/models/m/load
	at_version m 7
}

removed() {
	rm "$TMP/models/m.ubj"
	kill -HUP "$(cat "$TMP/pid")"
	wait_until 20 grep -q 'm is no longer served' "$TMP/log"
	says '"state":"UNAVAILABLE"' post /v2/repository/index
	says '^404' get /v2/models/m -w '%{http_code}' -o /dev/null
}

stands_in() { # for the built-in model
	install_model tlml.ubj "$large_model"
	kill -HUP "$(cat "$TMP/pid")"
	wait_until 20 at_version tlml 2
	rm "$TMP/models/tlml.ubj"
	kill -HUP "$(cat "$TMP/pid")"
	wait_until 20 at_version tlml 3
	grep -q 'version 3: built in' "$TMP/log"
}

crowd() { # of connections that say nothing
	says '^waited$' ask crowd 130
	says '"live":true' get /v2/health/live
}

resident() { awk '/^VmRSS/ { print $2 }' "/proc/$(worker)/status"; }

steady() { # 20,000 requests later it is no larger than a page table's worth
	local before after
	large --threads 2
	ask load 4 1000 32 >"$TMP/said"
	statuses '^200 4000$'
	before=$(resident)
	ask load 4 5000 32 >"$TMP/said"
	statuses '^200 20000$'
	after=$(resident)
	echo "$before KiB, then $after KiB"
	[ "$after" -lt $((before + 1024)) ]
}

nothing_else() { ! grep -vE '^tlml-large: model (m|nobody|tlml)[, ]' "$TMP/log"; }

ktap_plan 11
install_model m.ubj "$large_model"
ktap_ok 'it starts' large
ktap_ok 'many clients at once' many
ktap_ok 'a full queue' full
ktap_ok 'models exchanged under load' exchanged
ktap_ok 'damaged models' damaged
ktap_ok 'a model that it may not read' unreadable
ktap_ok 'a model that is removed' removed
ktap_ok 'a file in place of the built-in model' stands_in
ktap_ok 'a crowd of silent connections' crowd
ktap_ok 'it does not grow' steady
ktap_ok 'nothing went wrong that it does not tell' nothing_else
