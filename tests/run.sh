#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Runs tests, one after another, and reads the KTAP they print: run.sh TEST...
# One line a test as it ends, all it wrote in build/check/<name>.log, and at the end
# "N passed, N failed[, N skipped]" in results, not files. Exit status 1 if anything failed.
# Among the first ten lines of a script, "# timeout SECONDS" raises its limit of 120 s, and
# "# aside" has it run beside the others from the beginning, as it touches nothing of this machine.
# A test also fails if the kernel logged a splat meanwhile (tests/vm/splats.txt), or if a
# namespace it made through tests/lib.sh outlives it.
set -euo pipefail
export LC_ALL=C
top=$(cd "$(dirname "$0")/.." && pwd)
logs=$top/build/check
passed=0 failed=0 skipped=0 child='' klog='' aside=()

die() { echo "run.sh: $*" >&2; exit 2; }

stop() { # STATUS: hand the signal on, so that the tests can clean up
	# shellcheck disable=SC2086 # a process id, or none
	kill -TERM $child "${aside[@]}" 2>/dev/null || true
	wait
	[ -z "$TLML_NS_PREFIX" ] || sweep >/dev/null
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

says() { # PATH REGEX -> the first line that does, of those where a script may say how to run it
	head -n 10 "$1" | grep -a -m1 -E "^# $2$"
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

execute() { # PATH BASE: to BASE.log, BASE.err, what the kernel said of it, and BASE.end
	local mark="tlml check $$ $1" limit rc=0 start
	limit=$(says "$1" 'timeout [0-9]+' || echo '# timeout 120')
	[ -z "$klog" ] || echo "$mark" >/dev/kmsg
	start=${EPOCHREALTIME/./}
	timeout -k 10 "${limit##* }" "$1" >"$2.log" 2>"$2.err" </dev/null &
	child=$!
	{ wait "$child" || rc=$?; } 2>/dev/null # without the shell's own word on a crash
	child=
	echo "$rc $(((${EPOCHREALTIME/./} - start) / 1000)) ${limit##* }" >"$2.end"
	splats "$mark" >"$2.splats"
}

conclude() { # PATH BASE: what came of it
	local rc ms limit why='' found
	read -r rc ms limit <"$2.end"
	if [ "$rc" = 124 ] || { [ "$rc" = 137 ] && [ "$ms" -ge "${limit}000" ]; }; then
		why="no end after $limit s"
	fi
	{
		awk -v rc="$rc" -v why="$why" -f "$top/tests/ktap.awk" "$2.log"
		if [ -s "$2.splats" ]; then
			sed 's/^/#\t/' "$2.splats"
			printf 'fail\tsplat in the kernel log\n'
		fi
		found=$(sweep)
		[ -z "$found" ] || printf 'fail\tleft behind: namespace %s\n' "${found//$'\n'/ }"
	} >"$2.rec"
	report "$(test_name "$1")" "$ms" "$2"
	if [ -s "$2.err" ]; then { echo '# standard error:'; cat "$2.err"; } >>"$2.log"; fi
	rm -f "$2".{err,rec,end,splats}
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
base_of() { # PATH
	local name
	name=$(test_name "$1")
	echo "$logs/${name//\//-}"
}

export TLML_NS_PREFIX=
number=0 later=()
for t in "${tests[@]}"; do
	says "$t" aside >/dev/null || continue
	(
		trap 'kill -TERM $child; wait; exit 143' TERM
		execute "$t" "$(base_of "$t")"
	) &
	aside+=($!)
done
for t in "${tests[@]}"; do
	if says "$t" aside >/dev/null; then later+=("$t"); continue; fi
	number=$((number + 1))
	TLML_NS_PREFIX=tlml-$$-$number-
	base=$(base_of "$t")
	execute "$t" "$base"
	conclude "$t" "$base"
done
wait "${aside[@]}"
for t in "${later[@]}"; do conclude "$t" "$(base_of "$t")"; done
summary="$passed passed, $failed failed"
[ "$skipped" = 0 ] || summary+=", $skipped skipped"
echo "$summary"
[ "$failed" = 0 ] && [ $((passed + skipped)) -gt 0 ]
