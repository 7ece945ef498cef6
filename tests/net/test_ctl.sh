#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# timeout 240
# What tlmlctl says and how: on lan0 of a gateway, with a model that calls every flow c1.
set -euo pipefail
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/net.sh"
need_root
need tlml-load tlmlctl mkmodel ping python3 script
ktap_plan 37

ctl() { in_ns gw tlmlctl "$@"; }
json() { ctl -j "$@" | python3 -m json.tool >/dev/null; }
ask() { ctl -j "${@:2}" | python3 -c "import json, sys; d = json.load(sys.stdin); print($1)"; } # EXPRESSION OF d, CMD
talk() { in_ns lan ping -q -c 4 -i 0.02 -w 3 192.0.2.1; }
has() { # REGEX CMD...: it prints a line like this
	local out
	out=$("${@:2}")
	grep -E -- "$1" <<<"$out" || { echo "no /$1/ in: $out"; return 1; }
}
begin() { in_ns lan bash -c "echo x >/dev/udp/192.0.2.1/$1"; } # PORT: a new flow
tracing() { [ "$(trace)" = True ]; }
trace() { ask 'd["interfaces"][0]["trace"]' show lan0; }

man=$(dirname "$0")/../../tools/tlmlctl.8

ns_add lan gw
ns_link lan eth0 192.0.2.2/24,2001:db8::2/64 gw lan0 192.0.2.1/24,2001:db8::1/64
ktap_ok 'without tlml on anything that is said, not an error' has 'tlml is on no interface' ctl
mkmodel "$TMP/model" constant:1
mkmodel "$TMP/other" constant:2
head -c 500 "$TMP/model" >"$TMP/short"
detach() { in_ns gw tlml-load --detach lan0 >/dev/null 2>&1; }
at_exit detach
in_ns gw tlml-load --no-daemon lan0 --model "$TMP/model" >"$TMP/load" 2>&1 || { sed 's/^/# /' "$TMP/load"; exit 1; }
talk >/dev/null

screen() {
	ctl >"$TMP/screen"
	cat "$TMP/screen"
	grep -q '^lan0: monitor' "$TMP/screen"
	grep -q 'generation 1, 4 classes, decides at packets 1 2 4 8 16 32$' "$TMP/screen"
	grep -qE 'ring_full 0 .*flows_evicted 0 ' "$TMP/screen"
	[ -n "$(awk '$1 == "c1" && $2 >= 1 && $3 >= 8 && $7 == 1 && $9 == "pass"' "$TMP/screen")" ]
	[ "$(wc -l <"$TMP/screen")" -le 24 ]
	if grep $'\033' "$TMP/screen"; then return 1; fi
}

terminal() { # styles on a terminal, and never if NO_COLOR is set
	in_ns gw script -qec 'TERM=xterm tlmlctl' /dev/null </dev/null >"$TMP/styled"
	grep -q $'\033\[1m' "$TMP/styled"
	in_ns gw script -qec 'TERM=xterm NO_COLOR=1 tlmlctl' /dev/null </dev/null >"$TMP/plain"
	grep -q '^lan0: monitor' "$TMP/plain"
	if grep $'\033' "$TMP/plain"; then return 1; fi
}

explained() { # each counter of the header with its meaning
	local n
	n=$(grep -c '^	X(' "$(dirname "$0")/../../uapi/tlml_stats.h")
	ctl stats lan0 --explain >"$TMP/stats"
	[ "$(awk 'NF >= 4' "$TMP/stats" | wc -l)" = "$n" ]
	grep -qE '^  ring_full +0  records lost: the ring was full$' "$TMP/stats"
	[ "$(ask 'len(d["interfaces"][0]["stats"])' stats)" = "$n" ]
}

dump() { # each kind of row has one number of columns, and none is empty
	ctl set lan0 allow add 203.0.113.0/24
	ctl dump lan0 >"$TMP/dump"
	ctl set lan0 allow clear
	awk -F '\t' '{ print $1, NF } /\t\t|\t$/ { print "empty column: " $0 }' "$TMP/dump" | sort | uniq -c | tee "$TMP/kinds"
	awk '{ print $2, $3 }' "$TMP/kinds" >"$TMP/have"
	awk '/^\.Sh DUMP/ { on = 1 } /^\.El/ { on = 0 } on && sub(/^\.It Sy /, "") { row = $0; n[row] = 1 }
		on && row && !/^\./ && $0 != row { n[row] += gsub(/,/, "") }
		END { for (row in n) print row, n[row] + 1 }' "$man" | sort | diff - "$TMP/have"
	[ "$(ask 'len(d)' dump lan0)" -ge 36 ]
}

flow_get() { # the same flow from both ends, with its features
	ctl flow get lan0 icmp 192.0.2.2 0 192.0.2.1 0 >"$TMP/there"
	ctl flow get lan0 1 192.0.2.1 0 192.0.2.2 0 >"$TMP/back"
	cat "$TMP/there"
	grep -q '^begun by 192.0.2.2, decided by generation 1' "$TMP/there"
	grep -qE '^ +proto +32 ' "$TMP/there"
	[ "$(sed -n 3p "$TMP/there" | cut -d' ' -f1-8)" = "$(sed -n 3p "$TMP/back" | cut -d' ' -f1-8)" ]
	[ "$(ask 'd["packets"], d["class"], len(d["features"])' flow get lan0 icmp 192.0.2.2 0 192.0.2.1 0)" = "8 c1 32" ]
}

flow_show() {
	has '^[0-9a-f]{8} +c1 +[0-9]+ +[0-9]+ +8 ' ctl flow show lan0
	[ "$(ask 'd["live"], len(d["flows"])' flow show lan0 --class c1 --top 1)" = '1 1' ]
	[ "$(ask 'd["live"]' flow show lan0 --class c2)" = 0 ]
}

asking() { # when it is asked, and within which budgets
	has '^  asks       from packet 8 on, 2000 times a second \(1000 a class, 200 a prefix\)$' ctl show lan0
	ctl set lan0 ask from 2
	ctl set lan0 ask rate 50 60
	ctl set lan0 ask class-rate 40
	ctl set lan0 ask prefix-rate 30 3
	has 'from packet 2 on, 50 times a second \(40 a class, 30 a prefix\), with 16 bytes of payload$' ctl set lan0 payload 16
	[ "$(ctl dump lan0 | awk '$1 == "interface" { print $(NF - 7), $(NF - 6), $(NF - 5), $(NF - 4), $(NF - 3), $(NF - 2), $(NF - 1), $NF }')" = '2 50 60 40 40 30 3 16' ]
	[ "$(ask 'd["interfaces"][0]["ask_from"], d["interfaces"][0]["ask_prefix_burst"], d["interfaces"][0]["payload"]' show lan0)" = '2 3 16' ]
	ctl set lan0 payload 0
	has '^  asks       nothing$' ctl set lan0 ask rate 0
	ctl set lan0 ask rate 2000
}

answer() { # CLASS CONFIDENCE SECONDS: what tlmld would write into the line of every flow asked about
	python3 - "$(pins lan0)/tlml_flows_v1" "$@" <<'EOF'
import ctypes, mmap, platform, struct, sys, time
path = ctypes.create_string_buffer(sys.argv[1].encode())
attr = ctypes.create_string_buffer(struct.pack("QII", ctypes.addressof(path), 0, 0))
number = {"x86_64": 321, "aarch64": 280}[platform.machine()]
fd = ctypes.CDLL(None).syscall(number, 7, attr, 16) # BPF_OBJ_GET
flows = mmap.mmap(fd, 65536 * 64)
until = (time.monotonic_ns() + int(sys.argv[4]) * 10**9) >> 16 & 0xffffffff
for at in range(0, len(flows), 64):
    if flows[at + 27] & 8:
        fp = struct.unpack_from("I", flows, at)[0]
        struct.pack_into("IIBBB5x", flows, at + 48, fp, until, int(sys.argv[2]), 99, int(sys.argv[3]))
EOF
}

talk_udp() { # PACKETS: of one flow
	# shellcheck disable=SC2016 # Python
	in_ns lan python3 -c 'import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("192.0.2.2", 7300))
for _ in range(int(sys.argv[1])):
	s.sendto(b"x", ("192.0.2.1", 7301))' "$1"
}

answered() { # a flow asked about, and then answered: costs make way for the answer
	local flow=(flow get lan0 udp 192.0.2.2 7300 192.0.2.1 7301)
	ctl set lan0 class c1 margin hard 255
	talk_udp 9
	ctl set lan0 class c1 margin hard 0
	has '^[0-9a-f]{8} +c1 .*  asked$' ctl "${flow[@]}"
	[ "$(ask 'd["asked"], d["answered"], d["confidence_percent"], len(d["costs"])' "${flow[@]}")" = 'True False None 4' ]
	answer 3 230 500
	talk_udp 1
	has '^[0-9a-f]{8} +c3 +99 .*  answered, 90 % sure, for 49[0-9] s more$' ctl "${flow[@]}"
	[ "$(ask 'd["class"], d["answered"], d["confidence_percent"], d["costs"]' "${flow[@]}")" = 'c3 True 90 None' ]
	if ctl "${flow[@]}" | grep 'cost over'; then return 1; fi
	has '^  asked +[1-9][0-9]* times, 1 answered, 0 expired,  over_prefix 0  over_class 0  over_all 0$' ctl show lan0
}

watching() { # FILE WORDS...: begins a flow watch with its output in FILE
	ctl "${@:2}" >"$1" 2>"$TMP/said" &
	wait_until 10 tracing
}

unwatch() { # SIGNAL: ends it; no other process stays in this namespace
	ip netns pids "$(ns_name gw)" | xargs kill -s "$1"
	wait $! || true
}

watch_text() {
	watching "$TMP/watch" flow watch lan0
	in_ns lan ping -q -c 2 -i 0.02 2001:db8::1
	wait_until 10 test -s "$TMP/watch"
	unwatch TERM
	cat "$TMP/watch"
	grep -qE '\[2001:db8::2\]:0 > \[2001:db8::1\]:0 proto 58 packet 1: c1 margin [0-9]+ over c0, anomaly 0, pass \(trace\)$' "$TMP/watch"
	[ "$(trace)" = False ]
}

watch_json() { # a line each
	watching "$TMP/watch" -j flow watch lan0
	begin 7001
	wait_until 10 test -s "$TMP/watch"
	unwatch INT
	while read -r line; do
		python3 -c 'import json, sys; d = json.loads(sys.argv[1]); assert d["dst"] == "192.0.2.1" and d["class"] == "c1" and d["us"] > 1.7e15' "$line"
	done <"$TMP/watch"
	[ "$(trace)" = False ]
}

flows_of_40() { # eight UDP flows past their last decision point
	# shellcheck disable=SC2016 # Python
	in_ns lan python3 -c 'import socket
for s in [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(8)]:
	for _ in range(40):
		s.sendto(b"x", ("192.0.2.1", 7999))'
}

audited() { # half of all flows are in the sample
	flows_of_40
	sleep 0.1
	[ -s "$TMP/watch" ]
}

watch_reason() { # of all the decisions that trace reports
	ctl set lan0 trace on
	ctl set lan0 audit 1
	ctl flow watch lan0 --reason audit >"$TMP/watch" &
	wait_until 20 audited
	unwatch TERM
	ctl set lan0 audit 0
	ctl set lan0 trace off
	tail -n 3 "$TMP/watch"
	[ "$(awk '{ print $NF }' "$TMP/watch" | sort -u)" = '(audit)' ]
}

left() { # whether the watch noticed that its reader did, for which it must have something to say
	begin $((7100 + RANDOM % 800))
	ns_empty "$(ns_name gw)"
}

watch_pipe() {
	ctl set lan0 trace on
	{ ctl flow watch lan0 --seconds 60 2>"$TMP/said" || true; } | head -n 1 &
	sleep 0.5
	wait_until 20 left
	wait $!
	[ ! -s "$TMP/said" ]
	tracing
	ctl set lan0 trace off
	[ "$(trace)" = False ]
}

watch_alone() {
	local rc=0
	watching /dev/null flow watch lan0
	ctl flow watch lan0 --seconds 1 || rc=$?
	unwatch TERM
	return $rc
}

killed() { # kill -9 leaves a data path that decides, and tools that work
	watching /dev/null flow watch lan0
	unwatch KILL
	tracing
	talk
	ctl set lan0 mode monitor
	screen
	ctl flow watch lan0 --seconds 1 >/dev/null
	[ "$(trace)" = False ]
}

fallback() { # the countdown is on the screen
	has 'falls back to monitor in (2[0-9]|30) s unless confirmed: tlmlctl set lan0 confirm$' ctl set lan0 mode enforce confirm 30
	[ "$(ask 'd["interfaces"][0]["effective"], d["interfaces"][0]["confirm_left_s"] > 19' show)" = "enforce True" ]
	ctl set lan0 mode monitor
}

load() {
	ctl set lan0 class c1 margin act 77
	ctl model push lan0 "$TMP/other" --unsigned
	[ "$(ask 'd["classes"][1]["margin_act"]' class lan0)" = 77 ] # what the operator set stays
	begin 7201
	[ "$(ask 'd["live"]' flow show lan0 --class c2)" -gt 0 ]
	[ "$(ask 'd["classes"][2]["attack"], d["generation"], d["size"] > 1000' model show "$TMP/other")" = 'False 1 True' ]
}

unchanged() { # after a refusal the model that was live still is
	[ "$(ask 'd["interfaces"][0]["generation"], len(d["interfaces"][0]["classes"])' model show)" = '1 4' ]
}

complete() {
	has '^model$' ctl complete
	has '^watch$' ctl complete flow
	has '^lan0$' ctl complete show
	has '^large$' ctl complete
	has '^lan0$' ctl complete watch
	[ "$(ctl complete watch lan0)" = $'--trace\n--payload' ]
	has '^c3$' ctl complete set lan0 class
	has '^limit$' ctl complete set lan0 class c3 action
	[ "$(ctl complete set lan0 mode enforce)" = confirm ]
	has '^class-rate$' ctl complete set lan0 ask
	[ -z "$(ctl complete show nope0)" ]
	# shellcheck disable=SC2016 # for the inner shell
	in_ns gw bash -c '. "$1"; COMP_WORDS=(tlmlctl flow w); COMP_CWORD=2; _tlmlctl; [ "${COMPREPLY[*]}" = watch ]' \
		bash "$(dirname "$0")/../../tools/tlmlctl.bash"
}

gone() {
	ip -n "$(ns_name gw)" link del lan0
	has '^  the interface is gone: tlml-load --clean lan0' ctl
	in_ns gw tlml-load --clean lan0
	has 'tlml is on no interface' ctl
}

ktap_ok 'one screen without arguments, plain text into a pipe' screen
ktap_ok 'styles on a terminal, none with NO_COLOR' terminal
ktap_ok 'stats --explain has every counter and its meaning' explained
for cmd in '' 'show lan0' 'stats' 'stats lan0 --explain' 'flow show lan0' 'flow get lan0 icmp 192.0.2.1 0 192.0.2.2 0' \
	'class lan0' 'model show' "model show $TMP/model" 'set lan0 audit 4' 'probe' 'dump lan0'; do
	read -ra words <<<"$cmd"
	ktap_ok "-j ${cmd/"$TMP/"/} is JSON" json "${words[@]}"
done
ktap_ok 'dump has the columns that the man page lists' dump
ktap_ok 'flow get finds a flow by its addresses, from both ends' flow_get
ktap_ok 'flow show lists it, and finds it by class' flow_show
ktap_ok 'the budgets of questions are set, shown and dumped' asking
ktap_ok 'a flow that the large model answered is shown as such' answered
ktap_ok 'flow watch prints addresses, class and reason, and takes its trace back' watch_text
ktap_ok 'flow watch -j prints JSON lines until it is interrupted' watch_json
ktap_ok 'flow watch --reason shows no others' watch_reason
ktap_ok 'flow watch ends with its reader, and leaves the trace of the operator alone' watch_pipe
ktap_refuse 'a second flow watch is refused' 'somebody else reads' watch_alone
ktap_ok 'everything works after kill -9' killed
ktap_ok 'mode enforce confirm shows its countdown' fallback
ktap_refuse 'a truncated model is refused' 'truncated: 500 bytes' ctl model push lan0 "$TMP/short" --unsigned
ktap_ok 'and the live one stays' unchanged
ktap_ok 'a model that is pushed takes effect, policies stay' load
ktap_refuse 'a mistyped command gets the nearest one' "did you mean 'stats'" ctl stast
ktap_refuse 'an object with a wrong verb gets its verbs' "'flow show' or 'flow get' or 'flow watch', not 'flow wacth'" ctl flow wacth lan0
ktap_refuse 'an interface without tlml is told from those with it' 'it is on lan0' ctl show lo
ktap_refuse 'a flow that is not there' 'no such flow on lan0' ctl flow get lan0 tcp 192.0.2.9 1 192.0.2.8 2
ktap_ok 'completion asks the binary' complete
ktap_ok 'an interface that went away is told' gone
