# shellcheck shell=bash
# SPDX-License-Identifier: BSD-2-Clause
# What the tests of tlml-large share; sourced after lib.sh. One of them runs at a time, as nobody,
# at $sock; its log is $TMP/log, its own process $pid, the process that serves $(worker).
need_root
need tlml-large curl python3
large_here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
export large_model=$large_here/../../daemon/largeml/models/default.ubj
sock=$TMP/run/s
pid=0
chmod 755 "$TMP" # nobody comes through, and owns what is in there
mkdir "$TMP/run" "$TMP/models"
chown nobody "$TMP/run" "$TMP/models"

large() { # OPTION...: starts it, instead of the one before, and waits until it serves
	large_stop
	tlml-large --socket "$sock" --user nobody "$@" >"$TMP/log" 2>&1 &
	pid=$!
	echo "$pid" >"$TMP/pid"
	wait_until 30 curl -sf --unix-socket "$sock" http://localhost/v2/health/live || { cat "$TMP/log"; return 1; }
}

large_stop() { # also one that a step has started
	[ -e "$TMP/pid" ] || return 0
	pid=$(cat "$TMP/pid")
	rm "$TMP/pid"
	kill "$pid" 2>/dev/null || return 0
	wait_until 15 gone "$pid"
}
at_exit large_stop

gone() { ! kill -0 "$1" 2>/dev/null; }

worker() { pgrep -P "$(cat "$TMP/pid")"; }

get() { curl -sS --max-time 60 --unix-socket "$sock" "http://localhost$1" "${@:2}"; } # PATH OPTION...

post() { get "$1" -X POST "${@:2}"; }

says() { # REGEX CMD...: the command succeeds and prints that
	"${@:2}" >"$TMP/said"
	grep -qE -- "$1" "$TMP/said" || { cat "$TMP/said"; return 1; }
}

ask() { "$large_here/large_ask.py" "$sock" "$@"; }
