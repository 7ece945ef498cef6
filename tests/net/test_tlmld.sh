#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# timeout 300
# tlmld: hard flows are asked about, answers reach them and expire, in both event loops.
set -euo pipefail
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/net.sh"
. "$(dirname "$0")/tlmld.sh"
need_root
ulimit -Sn 1000 # tlmld is to take more
need tlml-load tlmlctl tlmld mkmodel ping python3
"$tlmld_here/oip_server.py" --help >/dev/null || ktap_skip_all 'needs python3-numpy: run tests/deps.sh check as root'
ktap_plan 22
net_up
sink 7000

ready() { # LOOP [LINE OF CONFIGURATION]...: tlml on g0 with a tlmld that has a large model
	printf '%s\n' 'answer_ttl_s = 60' "${@:2}" >"$TMP/conf"
	on_g0
	large_up --say "${answer:-c2:0.95}"
	tlmld_up --loop "$1" -c "$TMP/conf"
	large_known
}

over() { # all of it ends, and leaves nothing
	tlmld_down TERM
	large_down
	load --detach g0 >/dev/null
	nothing_on_g0
	[ -z "$(find "$run" -name 'tlmld*')" ]
}

runs() { # LOOP: as somebody without rights
	local pid
	pid=$(cat "$TMP/tlmld.pid")
	is "d['loop'] == '$1' and d['pid'] == $pid and i['interface'] == 'g0' and i['reading']"
	is "8 < i['lease_s'] <= 10.1"
	[ "$(stat -c %U "/proc/$pid")" != root ]
	grep -qE '^CapEff:\s*0+$' "/proc/$pid/status"
	grep -qE '^CapBnd:\s*0+$' "/proc/$pid/status"
	grep -qE '^NoNewPrivs:\s*1$' "/proc/$pid/status"
	grep -qE '^Seccomp:\s*2$' "/proc/$pid/status"
	[ "$(stat -c '%U %a' "$run/tlmld.sock")" = 'root 600' ]
	awk '/^Max open files/ { same = $4 == $5 } END { exit !same }' "/proc/$pid/limits"
}

answers() { # flows change class, the next packet on
	local before
	before=$(status 'i["applied"]')
	flows 20 40 20
	soon "i['applied'] >= $before + 20 and i['cases'] == 0"
	is 'i["asked"] == i["answered"] + i["unanswered"] and i["malformed"] == 0 and i["lost"] == 0'
	[ "$(answered_as c2)" -ge 20 ]
	[ "$(stat_of answered)" -ge 20 ]
}

enforced() { # the policy of the new class acts
	local received
	set_g0 class c2 action drop
	set_g0 mode enforce
	in_ns lan ping -n -q -c 40 -i 0.02 -W 1 192.0.2.1 >"$TMP/ping" || true
	set_g0 mode monitor
	cat "$TMP/ping"
	received=$(sed -n 's/.*, \([0-9]*\) received.*/\1/p' "$TMP/ping")
	[ "$received" -gt 0 ] # before the answer
	[ "$received" -lt 30 ]
	[ "$(stat_of dropped)" -gt 5 ]
}

watches() { # the events of one flow, then those with decisions
	local watcher
	: >"$TMP/events"
	ctl_socket '{"do":"watch","interface":"g0"}' --events 2 >"$TMP/events" &
	watcher=$!
	wait_until 10 grep -q true "$TMP/events"
	flows 1 20 5
	wait "$watcher"
	cat "$TMP/events"
	python3 - "$TMP/events" <<-'END'
		import json, sys, time
		ok, asked, answered = [json.loads(l) for l in open(sys.argv[1])]
		for e, what in ((asked, 'asked'), (answered, 'answered')):
		    assert e['event'] == what and e['interface'] == 'g0' and e['reason'] == 'unsure'
		    assert e['src'] == '192.0.2.2' and e['dst'] == '192.0.2.1' and e['dport'] == 7000
		    assert e['proto'] == 17 and e['class'] == 'c1' and e['sport'] > 1023
		    assert abs(e['time_us'] / 1e6 - time.time()) < 60
		assert asked['time_us'] <= answered['time_us']
		assert answered['answer'].keys() == {'class', 'confidence', 'latency_us', 'applied'}
		assert answered['answer']['class'] == 'c2' and answered['answer']['applied'] is True
		assert answered['answer']['confidence'] == 0.95
	END
	ctl_socket '{"do":"watch","trace":true}' --events 8 >"$TMP/events" &
	watcher=$!
	wait_until 10 is_traced
	flows 2 40 2
	wait "$watcher"
	grep -q '"event":"traced".*"reason":"trace"' "$TMP/events"
	wait_until 10 not is_traced # the last one has left
}

expires() { # the tiny model decides anew
	tlmld_down TERM
	echo 'answer_ttl_s = 1' >"$TMP/conf"
	tlmld_up --loop "$1" -c "$TMP/conf"
	large_known
	flows 5 30 100
	[ "$(stat_of answers_expired)" -ge 5 ]
}

not_sure() { # asked again at packet 32, or when no more come
	over
	answer=c2:0.7 ready "$1"
	flows 5 40 30
	soon 'i["asked_again"] >= 5'
	is 'i["unsure"] >= 5 and i["records"] >= 5 * (1 + 24)' # of packets 9 to 32, too
	soon 'i["applied"] >= 5'
	flows 3 12 5
	is 'i["cases"] >= 3'
	soon 'i["cases"] == 0 and i["applied"] >= 8'
	is 'i["asked"] == i["answered"] + i["unanswered"]'
}

worth_less() { # a model that is sure of itself keeps its verdict
	mkmodel "$TMP/sure" constant:1
	in_ns gw tlmlctl model push g0 "$TMP/sure" --unsigned >/dev/null
	set_g0 class '*' margin hard 255
	large_up --say c2:0.9
	large_known
	flows 5 30 5
	soon 'i["kept"] >= 5'
	is 'i["cases"] == 0'
}

unknown() { # a class that the tiny model does not have
	local before
	in_ns gw tlmlctl model push g0 "$TMP/unsure" --unsigned >/dev/null
	set_g0 class '*' margin hard 255
	large_up --classes c3,martian,c1 --say martian:0.9
	large_known
	before=$(answered_as c1)
	flows 5 30 5
	soon 'i["unknown_class"] >= 5'
	[ "$(answered_as c1)" = "$before" ]
}

audits() { # the sample says how often both agree
	set_g0 class '*' margin hard 0
	set_g0 audit 1
	large_up --say c1:0.9
	large_known
	flows 30 12 5
	soon 'i["agree"] >= 5 and i["disagree"] == 0'
	large_up --say c3:0.9
	large_known
	flows 30 12 5
	soon 'i["disagree"] >= 5'
	set_g0 audit 0
}

for loop in io_uring epoll; do
	ktap_ok "$loop: starts" ready "$loop"
	ktap_ok "$loop: has no rights left, renews the lease" runs "$loop"
	ktap_ok "$loop: answers reach their flows" answers
	ktap_ok "$loop: enforce mode acts on them" enforced
	ktap_ok "$loop: watch shows questions, answers, and decisions" watches
	ktap_ok "$loop: answers expire" expires "$loop"
	ktap_ok "$loop: unsure answers wait for more packets" not_sure "$loop"
	ktap_ok "$loop: an answer that is worth less is not applied" worth_less
	ktap_ok "$loop: nor one of an unknown class" unknown
	ktap_ok "$loop: the audit sample is compared" audits
	ktap_ok "$loop: ends, and leaves nothing" over
done
