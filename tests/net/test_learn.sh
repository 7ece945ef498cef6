#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# timeout 180
# tlmld learns: of traffic that the large model alone knows comes a generation that knows it, too; a
# large model that tells nothing apart is refused; what was kept survives a kill.
set -euo pipefail
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/net.sh"
. "$(dirname "$0")/tlmld.sh"
. "$(dirname "$0")/learn.sh"
ktap_plan 10
learn_up

learns() {
	answered 400
	answered 400
	is 'i["learning"]["answers"] > 300 and i["learning"]["audits"] > 100 and i["disagree"] > 20'
	in_ns gw tlmlctl learn g0 now
	in_time 'i["learning"]["last"]["outcome"] != "none"'
	status 'i["learning"]'
	is 'i["learning"]["last"]["outcome"] == "published" and i["generation"] == 2'
	grep -q 'g0: generation 2 is live: learned from' "$TMP/tlmld.log"
}

own_voip() { # -> flows that the tiny model alone calls voip
	in_ns gw tlmlctl -j flow show g0 --top 0 | python3 -c 'import json, sys
print(sum(f["class"] == "voip" and not f["answered"] for f in json.load(sys.stdin)["flows"]))'
}

recognises() { # without the large model
	local before
	large_down
	before=$(own_voip)
	kinds 40 # three in four are new
	[ "$(own_voip)" -ge $((before + 27)) ] || { own_voip; echo "before: $before"; return 1; }
}

tells() {
	in_ns gw tlmlctl learn g0 >"$TMP/said"
	cat "$TMP/said"
	grep -q '^g0: generation 2, learning is on, on probation' "$TMP/said"
	grep -q '^  last       published: generation 2, ' "$TMP/said"
	in_ns gw tlmlctl -j learn | grep -q '"outcome": "published"'
	not in_ns gw tlmlctl learn g1 now 2>"$TMP/said"
	grep -q 'does not look after g1' "$TMP/said"
}

kept() { # by an orderly end, and a kill takes none of it
	local n
	n=$(status 'i["learning"]["answers"]')
	tlmld_down TERM
	tlmld_up --state "$TMP/state" -c "$TMP/conf"
	is "i['learning']['answers'] == $n and i['learning']['state'] != 'model not known'"
	large_up --classes "$classes" --say other:0.6 --know 7000=voip:0.97 --know 123=ntp:0.97
	large_known
	answered 40
	tlmld_down KILL
	tlmld_up --state "$TMP/state" -c "$TMP/conf"
	is "i['learning']['answers'] == $n"
	not grep -q 'set aside' "$TMP/tlmld.log"
}

turns() {
	local before
	large_up --classes "$classes" --say scan:0.97
	large_known
	before=$(status 'i["generation"]')
	answered 400
	in_ns gw tlmlctl learn g0 now
	in_time 'i["learning"]["last"]["outcome"] == "refused"'
	is "i['generation'] == $before"
	in_ns gw tlmlctl model log g0 | grep 'calls .* scan'
}

refuses() { # one that calls everything a scan
	answered 400
	answered 400
	in_ns gw tlmlctl learn g0 now
	in_time 'i["learning"]["last"]["outcome"] != "none"'
	status 'i["learning"]'
	is 'i["learning"]["last"]["outcome"] == "refused" and i["generation"] == 1'
	grep 'g0: refused to learn: the large model calls .* scan' "$TMP/tlmld.log"
}

ktap_ok 'begins with the default model' begin 'shadow_flows = 0' 'canary = 0' -- --say other:0.6 --know 7000=voip:0.97 --know 123=ntp:0.97
ktap_ok 'learns a new kind, which becomes generation 2' learns
ktap_ok 'the tiny model recognises it' recognises
ktap_ok 'tlmlctl learn tells of it' tells
ktap_ok 'what was kept survives an end and a kill' kept
ktap_ok 'a large model that lies later is refused, too' turns
ktap_ok 'ends, and leaves nothing' over
ktap_ok 'begins anew' begin 'shadow_flows = 0' 'canary = 0' -- --say scan:0.97
ktap_ok 'refuses a large model that tells nothing apart' refuses
ktap_ok 'ends once more' over
