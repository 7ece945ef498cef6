#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# timeout 400
# What goes wrong around tlmld: large models that fail in every way, a full ring, kill -9, floods.
# Packets pass all the while, and tlmld goes on when it is over.
set -euo pipefail
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/net.sh"
. "$(dirname "$0")/tlmld.sh"
need_root
need tlml-load tlmlctl tlmld tlml-large mkmodel ping python3
"$tlmld_here/oip_server.py" --help >/dev/null || ktap_skip_all 'needs python3-numpy: run tests/deps.sh check as root'
ktap_plan 33
net_up
sink 7000
gw=$(ns_name gw)
printf '%s\n' 'timeout_ms = 300' 'expire_ms = 600' 'sure = 0.3' 'answer_ttl_s = 60' >"$TMP/conf"

up() { # LOOP
	load --status g0 >/dev/null 2>&1 || on_g0
	large_up --say c2:0.95
	tlmld_up --loop "$1" -c "$TMP/conf"
	large_known
}

passes() { ping_gw 20 | grep -q ' 0% packet loss'; }

fault() { # of oip_server.py: no answer comes of it, and all is well afterwards
	local before
	large_up --fault "$1" --say c2:0.95
	large_known
	before=$(status 'i["applied"]')
	flows 10 12 5
	passes
	soon 'i["unanswered"] >= 10 and i["cases"] == 0'
	is "i['applied'] == $before"
	kill -USR1 "$(cat "$TMP/large.pid")"
	works
	tlmld_anew
}

works() { # questions are answered again, once tlmld has tried
	local before
	large_known
	before=$(status 'i["applied"]')
	wait_until 20 applies "$before"
}
applies() { # MORE-THAN
	flows 3 12 5
	is "i['applied'] > $1"
}

tlmld_anew() { # with counters of 0
	tlmld_down TERM
	tlmld_up --loop "$loop" -c "$TMP/conf"
	is 'i["asked"] == 0'
}

slow() { # within what is allowed
	large_up --fault slow --delay 0.2 --say c2:0.95
	large_known
	flows 10 12 5
	soon 'i["applied"] >= 10'
	is 'i["unanswered"] == 0'
}

dead() { # and started again
	large_down
	flows 10 12 5
	passes
	soon 'i["unanswered"] >= 10 and i["cases"] == 0'
	large_up --say c2:0.95
	works
	tlmld_anew
}

let_go() { # of questions that are open: by SIGHUP, and at the end
	large_up --fault hang
	large_known
	flows 10 12 5
	tlmld_down TERM
	printf '%s\n' 'timeout_ms = 60000' 'expire_ms = 60000' >"$TMP/hang"
	tlmld_up --loop "$loop" -c "$TMP/hang"
	large_known
	flows 10 12 5
	is 'i["cases"] >= 10'
	echo 'batch = 32' >>"$TMP/hang"
	kill -HUP "$(cat "$TMP/tlmld.pid")"
	soon 'i["cases"] == 0 and i["unanswered"] >= 10'
	large_known
	flows 10 12 5
	is 'i["cases"] >= 10'
	tlmld_down TERM
	up "$loop"
}

vanishes() { # the interface, with questions open about it
	printf '%s\n' 'timeout_ms = 2000' 'expire_ms = 2000' >"$TMP/hang"
	tlmld_down TERM
	large_up --fault hang
	tlmld_up --loop "$loop" -c "$TMP/hang"
	large_known
	flows 10 12 5
	is 'i["cases"] >= 10'
	ip -n "$gw" link del g0
	soon 'd["interfaces"] == []'
	soon 'l["queue"] == 0 and l["failed"] + l["expired"] >= 10'
	load --clean g0 >/dev/null
	ns_link lan l0 192.0.2.2/24 gw g0 192.0.2.1/24
	tlmld_down TERM
	up "$loop"
}

late() { # other flows have their line when the answer comes
	local traffic
	load --detach g0 >/dev/null
	load g0 --flows 2 --model "$TMP/unsure" >/dev/null
	printf '%s\n' 'timeout_ms = 9000' 'expire_ms = 9000' >"$TMP/late"
	tlmld_down TERM
	tlmld_up --loop "$loop" -c "$TMP/late"
	large_up --fault slow --delay 2 --say c2:0.95
	large_known
	set_g0 class c1 margin hard 255
	flows 2 12 1 &
	traffic=$!
	soon 'i["asked"] >= 1'
	set_g0 class c1 margin hard 0
	spray 3000 30000
	wait "$traffic"
	soon 'i["late"] >= 1 and i["cases"] == 0'
	load --detach g0 >/dev/null
	on_g0
	tlmld_anew
}

killed() { # under traffic: flows, counters and packets stay
	local flows evicted traffic=()
	large_up --say c2:0.95
	tlmld_anew
	large_known
	flows=$(stat_of flows)
	evicted=$(stat_of flows_evicted)
	flows 20 300 10 &
	traffic+=($!)
	in_ns lan ping -n -q -c 300 -i 0.01 -W 2 192.0.2.1 >"$TMP/ping" &
	traffic+=($!)
	soon 'i["applied"] >= 20'
	in_ns gw tlmlctl stats g0 >"$TMP/before"
	tlmld_down KILL
	in_ns gw tlmlctl show g0 | grep -qE 'lease for ([0-9]|10) s more'
	flows 10 12 5
	tlmld_up --loop "$loop" -c "$TMP/conf"
	soon 'i["reading"] and i["lease_s"] > 8'
	soon 'i["asked"] >= 10' # what came meanwhile was in the ring
	wait "${traffic[@]}"
	grep ' 0% packet loss' "$TMP/ping"
	in_ns gw tlmlctl stats g0 >"$TMP/after"
	paste "$TMP/before" "$TMP/after" | awk 'NF == 4 && $2 > $4 { print "less: " $0; bad = 1 } END { exit bad }'
	[ "$(stat_of lease_expired)" = 0 ]
	[ "$(stat_of flows)" -lt $((flows + 40)) ] # no flow began twice
	[ "$(stat_of flows_evicted)" = "$evicted" ]
}

full() { # tlmld stands still
	local pid
	pid=$(cat "$TMP/tlmld.pid")
	set_g0 ask from 1
	kill -STOP "$pid"
	spray 40000 20000
	passes
	[ "$(stat_of ring_full)" -gt 1000 ]
	kill -CONT "$pid"
	soon 'i["records"] > 20000 and i["cases"] == 0'
	[ "$(status 'i["lost"]')" = "$(stat_of ring_full)" ]
	set_g0 ask from 8
	large_up --say c2:0.95
	works
}

accounted() { # each question that went into the ring: taken on, or counted as not
	is "i['asked'] + i['repeated'] + i['crowded'] == $(stat_of asked) - $1 and i['cases'] == 0"
}

flooded() { # ten thousand a second, for a while, in memory that does not grow
	local pid before rss
	large_down
	printf '%s\n' 'sure = 0.3' 'answer_ttl_s = 60' >"$TMP/flood"
	tlmld_down TERM
	ip netns exec "$gw" tlml-large --socket "$TMP/large.sock" --null c1,c2 --user nobody >/dev/null 2>&1 &
	echo $! >"$TMP/large.pid"
	tlmld_up --loop "$loop" -c "$TMP/flood"
	large_known
	pid=$(cat "$TMP/tlmld.pid")
	set_g0 ask from 1
	before=$(stat_of asked)
	spray 30000 10000
	rss=$(awk '/^RssAnon/ { print $2 }' "/proc/$pid/status")
	spray 60000 10000
	wait_until 20 accounted "$before"
	is 'i["answered"] > 0 and i["malformed"] == 0'
	echo "$rss kB, then $(awk '/^RssAnon/ { print $2 }' "/proc/$pid/status") kB; $(status i)"
	[ "$(awk '/^RssAnon/ { print $2 }' "/proc/$pid/status")" -lt $((rss + 1024)) ]
	kill "$(cat "$TMP/large.pid")"
	rm "$TMP/large.pid"
	set_g0 ask from 8
}

unseen() { # nobody looks after the data path: it lets everything pass, until somebody does again
	tlmld_down KILL
	wait_until 20 expired
	passes
	[ "$(stat_of lease_expired)" -gt 20 ]
	large_up --say c2:0.95
	tlmld_up --loop "$loop" -c "$TMP/conf"
	works
	tlmld_down TERM
	in_ns gw tlmlctl show g0 | grep -q '^g0: monitor$'
}
expired() {
	ping_gw 1
	[ "$(stat_of lease_expired)" -gt 0 ]
}

over() {
	tlmld_down TERM
	large_down
	load --detach g0 >/dev/null
	nothing_on_g0
}

for loop in io_uring epoll; do
	ktap_ok "$loop: starts" up "$loop"
	ktap_ok "$loop: the large model is slow" slow
	for f in hang garbage shape half nan busy; do
		ktap_ok "$loop: the large model fails: $f" fault "$f"
	done
	ktap_ok "$loop: the large model is dead for a while" dead
	ktap_ok "$loop: open questions are let go of" let_go
	ktap_ok "$loop: an interface vanishes with questions open" vanishes
	ktap_ok "$loop: answers that are too late" late
	ktap_ok "$loop: killed and started again under traffic" killed
	ktap_ok "$loop: the ring is full" full
	ktap_ok "$loop: a flood of questions" flooded
	[ "$loop" = epoll ] || ktap_ok 'killed: everything passes unseen, until it is back' unseen
	ktap_ok "$loop: ends" over
done
