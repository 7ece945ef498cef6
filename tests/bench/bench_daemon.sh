#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# What tlmld takes of the machine, in both event loops: at rest, and while ten thousand flows a
# second are asked about for a minute. bench_daemon.sh OUT.json; programs are those in PATH.
set -euo pipefail
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../net/net.sh"
. "$(dirname "$0")/../net/tlmld.sh"
REST_SECS=20
LOAD_SECS=60
RATE=10800 # flows a second: one in twenty finds no line of its own
out=${1:?usage: bench_daemon.sh OUT.json}
need_root

cpu_ms() { # of tlmld so far
	awk -v hz="$(getconf CLK_TCK)" '{ sub(/.*\) /, ""); print ($12 + $13) * 1000 / hz }' "/proc/$pid/stat"
}

memory() { # FIELD of its status, in kB
	awk -v field="$1:" '$1 == field { print $2 }' "/proc/$pid/status"
}

measure() { # LOOP -> a line of JSON
	local pid began rest rss load warm grown asked before
	on_g0
	(
		ip netns exec "$(ns_name gw)" tlml-large --socket "$TMP/large.sock" --null c1,c2 >/dev/null 2>&1 &
		echo $! >"$TMP/large.pid"
	)
	wait_until 10 test -S "$TMP/large.sock"
	echo 'sure = 0.3' >"$TMP/conf" # of two classes it knows nothing: do not ask twice
	tlmld_up --loop "$1" -c "$TMP/conf"
	large_known
	pid=$(cat "$TMP/tlmld.pid")
	began=$(cpu_ms)
	sleep "$REST_SECS"
	rest=$(($(cpu_ms) - began))
	rss=$(memory VmRSS)
	set_g0 ask from 1
	spray $((RATE * 5)) "$RATE"
	warm=$(memory RssAnon)
	asked=$(stat_of asked)
	before=$(status 'i["answered"]')
	began=$(cpu_ms)
	spray $((RATE * LOAD_SECS)) "$RATE"
	sleep 1
	load=$(($(cpu_ms) - began))
	grown=$(($(memory RssAnon) - warm))
	printf '{"loop": "%s", "rest_core_percent": %s, "rest_rss_kb": %d, "asked": %d, "answers": %d, "load_core_percent": %s, "grown_kb": %d}\n' \
		"$1" "$(awk "BEGIN { printf \"%.2f\", $rest / $REST_SECS / 10 }")" "$rss" \
		$(($(stat_of asked) - asked)) $(($(status 'i["answered"]') - before)) \
		"$(awk "BEGIN { printf \"%.1f\", $load / $LOAD_SECS / 10 }")" "$grown"
	tlmld_down TERM
	large_down
	load --detach g0 >/dev/null
}

targets() { # of each loop, as bench_target() of the other benches prints them
	python3 - "$out" "$LOAD_SECS" <<-'END'
		import json, sys
		def target(what, value, limit, at_least=False):
		    met = value >= limit if at_least else value <= limit
		    print(f"{what:52} {value:7.1f}  (at {'least' if at_least else 'most'} {limit}) {'met' if met else 'MISSED'}")
		for d in map(json.loads, open(sys.argv[1])):
		    target(d['loop'] + ': at rest, % of a core', d['rest_core_percent'], 1)
		    target(d['loop'] + ': at rest, MiB resident', d['rest_rss_kb'] / 1024, 16)
		    target(d['loop'] + ': questions a second for a minute', d['asked'] / int(sys.argv[2]), 10000, True)
		    target(d['loop'] + ': memory that these add, kB', d['grown_kb'], 1024)
	END
}

net_up
sink 9000
for loop in io_uring epoll; do
	measure "$loop"
done | tee "$out"
targets
