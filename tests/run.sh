#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Runs tests, one after another, and reads the KTAP they print: run.sh TEST...
# One line a test as it ends, all it wrote in build/check/<name>.log, and at the end
# "N passed, N failed[, N skipped]" in results, not files. Exit status 1 if anything failed.
# A script may raise its limit of 120 s by a line "# timeout SECONDS" among its first ten.
# A test also fails if the kernel logged a splat meanwhile (tests/vm/splats.txt), or if a
# namespace it made through tests/lib.sh outlives it.
set -euo pipefail
export LC_ALL=C
top=$(cd "$(dirname "$0")/.." && pwd)
logs=$top/build/check
passed=0 failed=0 skipped=0 child='' klog=''

die() { echo "run.sh: $*" >&2; exit 2; }

stop() { # STATUS: hand the signal on, so that the test can clean up
	if [ -n "$child" ]; then
		kill -TERM "$child" 2>/dev/null || true
		wait "$child" 2>/dev/null || true
		sweep >/dev/null
	fi
	echo 'run.sh: interrupted' >&2
	exit "$1"
}

test_name() { # PATH -> a name that says which part is tested: net/attach
	local name
	name=$(realpath -m --relative-to="$top" "$1")
	case $name in ../*) name=${name##*/} ;; esac
	name=${name#build/}
	name=${name#tests/}
	echo "${name%.sh}"
}

limit_of() { # PATH -> seconds
	local line
	line=$(head -n 10 "$1" | grep -a -m1 -E '^# timeout [0-9]+$') || true
	echo "${line:-# timeout 120}" | cut -d' ' -f3
}

splats() { # MARK -> lines of the kernel log after it that no healthy kernel writes
	[ -n "$klog" ] || return 0
	dmesg | awk -v mark="$1" 'index($0, mark) { n = 0; next } { line[n++] = $0 }
		END { for (i = 0; i < n; i++) print line[i] }' |
		grep -E -f <(grep -v -e '^#' -e '^$' "$top/tests/vm/splats.txt") || true
}

sweep() { # removes and prints the namespaces that the test left
	local ns pids
	command -v ip >/dev/null || return 0
	for ns in $(ip netns list | awk -v p="$TLML_NS_PREFIX" 'index($1, p) == 1 { print $1 }'); do
		pids=$(ip netns pids "$ns")
		# shellcheck disable=SC2086 # a list of process ids
		[ -z "$pids" ] || kill -KILL $pids 2>/dev/null || true
		ip netns del "$ns"
		echo "$ns"
	done
}

failures() { # RECORDS: each failure, after what the test said about it
	awk -F '\t' '
		$1 == "#" { said[n++] = $2; next }
		$1 == "fail" {
			for (i = n > 20 ? n - 20 : 0; i < n; i++) print "        " said[i]
			print "    not ok: " $2
		}
		{ n = 0 }' "$1"
}

report() { # NAME MILLISECONDS BASE: of BASE.rec and BASE.err
	local p f s word=ok text
	read -r p f s < <(awk -F '\t' '{ n[$1]++ } END { print n["ok"]+0, n["fail"]+0, n["skip"]+0 }' "$3.rec")
	text="$p passed"
	[ "$f" = 0 ] || { word='not ok' text+=", $f failed"; }
	[ "$s" = 0 ] || text+=", $s skipped"
	[ "$p" != 0 ] || [ "$f" != 0 ] || word=skip
	printf '%-7s %-26s %-34s %4d.%d s\n' "$word" "$1" "$text" $(($2 / 1000)) $(($2 % 1000 / 100))
	[ "$s" = 0 ] || sed -n -e 's/^skip\t\(# SKIP \)\?/        skipped: /p' "$3.rec"
	if [ "$f" != 0 ]; then
		failures "$3.rec"
		head -n 30 "$3.err" | sed 's/^/        stderr: /'
		echo "        all of it: ${3#"$top"/}.log"
	fi
	passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
}

run_test() { # PATH
	local name base limit mark rc=0 why='' start ms found
	name=$(test_name "$1")
	base=$logs/${name//\//-}
	limit=$(limit_of "$1")
	mark="tlml check $$ $name"
	[ -z "$klog" ] || echo "$mark" >/dev/kmsg
	start=${EPOCHREALTIME/./}
	timeout -k 10 "$limit" "$1" >"$base.log" 2>"$base.err" </dev/null &
	child=$!
	{ wait "$child" || rc=$?; } 2>/dev/null # without the shell's own word on a crash
	child=
	ms=$(((${EPOCHREALTIME/./} - start) / 1000))
	if [ "$rc" = 124 ] || { [ "$rc" = 137 ] && [ "$ms" -ge "${limit}000" ]; }; then
		why="no end after $limit s"
	fi
	{
		awk -v rc="$rc" -v why="$why" -f "$top/tests/ktap.awk" "$base.log"
		found=$(splats "$mark")
		[ -z "$found" ] || { printf '#\t%s\n' "$found"; printf 'fail\tsplat in the kernel log\n'; }
		found=$(sweep)
		[ -z "$found" ] || printf 'fail\tleft behind: namespace %s\n' "${found//$'\n'/ }"
	} >"$base.rec"
	report "$name" "$ms" "$base"
	if [ -s "$base.err" ]; then { echo '# standard error:'; cat "$base.err"; } >>"$base.log"; fi
	rm -f "$base.err" "$base.rec"
}

[ $# -gt 0 ] || die 'usage: run.sh TEST...'
tests=()
for t; do
	if [ ! -x "$t" ] || [ -d "$t" ]; then die "$t is not there or not executable: build it first (make)"; fi
	tests+=("$(realpath "$t")")
done
mkdir -p "$logs"
cd "$top"
if [ "$(id -u)" = 0 ] && [ -w /dev/kmsg ] && dmesg >/dev/null 2>&1; then
	klog=yes
else
	echo '# the kernel log cannot be read here: splats go unseen'
fi
trap 'stop 130' INT
trap 'stop 143' TERM
number=0
for t in "${tests[@]}"; do
	number=$((number + 1))
	export TLML_NS_PREFIX=tlml-$$-$number-
	run_test "$t"
done
summary="$passed passed, $failed failed"
[ "$skipped" = 0 ] || summary+=", $skipped skipped"
echo "$summary"
[ "$failed" = 0 ] && [ $((passed + skipped)) -gt 0 ]
