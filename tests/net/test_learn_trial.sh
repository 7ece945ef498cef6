#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# timeout 400
# A candidate's way on live flows: beside the live model, as a canary, live; what is left of it when
# tlmld is killed; a worse model that is taken back; other traffic; a large model that is gone.
set -euo pipefail
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/net.sh"
. "$(dirname "$0")/tlmld.sh"
. "$(dirname "$0")/learn.sh"
ktap_plan 11
learn_up
teacher=(--say other:0.6 --know '7000=voip:0.97' --know '123=ntp:0.97')

log_has() { # EVENT GENERATION [WHY]
	in_ns gw tlmlctl model log g0 | grep "  $1 *$2  .*${3:-}"
}

metric() { # NAME -> of g0
	curl -s --unix-socket "$run/metrics.sock" http://localhost/metrics | sed -n "s/^$1{interface=\"g0\"} //p"
}

beside() {
	answered 400
	answered 400
	in_ns gw tlmlctl learn g0 now
	in_time 'i["learning"]["last"]["outcome"] == "on trial"'
	is 'i["learning"]["state"] == "shadow run" and i["generation"] == 1'
	log_has candidate 2 'learned from'
	not in_ns gw tlmlctl learn g0 now 2>"$TMP/said"
	grep -q 'on trial' "$TMP/said"
}

decides() { # about half of all flows, and both are compared
	answered 100
	soon 'i["learning"]["state"] == "canary"'
	log_has canary 2 'better on'
	in_ns gw tlmlctl learn g0 | tee "$TMP/said"
	grep -q 'canary: generation 2' "$TMP/said"
	grep -q 'decides about 50 % of flows' "$TMP/said"
	[ "$(metric tlmld_canary_generation)" = 2 ]
	is 'i["generation"] == 1'
}

killed() { # -> the next tlmld withdraws what it knows nothing of
	tlmld_down KILL
	tlmld_up --state "$TMP/state" -c "$TMP/conf"
	large_known
	[ "$(metric tlmld_canary_generation)" = 0 ]
	log_has withdrawn 2 killed
	is 'i["learning"]["trial"] is None and i["generation"] == 1'
}

promoted() {
	answered 400
	answered 400
	in_ns gw tlmlctl learn g0 now
	in_time 'i["learning"]["state"] == "shadow run"'
	answered 100
	soon 'i["learning"]["state"] == "canary"'
	answered 300
	[ "$(stat_of canary)" -gt 100 ]
	soon 'i["learning"]["last"]["outcome"] == "published"'
	status 'i["learning"]'
	log_has promoted 3 'audited flows that it decided about'
	log_has canary 3
	log_has candidate 3
	is 'i["generation"] == 3'
	[ "$(metric tlmld_canary_generation)" = 0 ]
}

taken_back() { # a signed model that takes each class for the next one
	answered 300
	"$tlmld_here/worse_model.py" "$tlmld_here/../../tools/models/default.tlml" "$TMP/worse"
	in_ns gw tlmlctl model sign "$TMP/worse" --state "$TMP/state" >/dev/null
	in_ns gw tlmlctl model push g0 "$TMP/worse.signed"
	soon 'i["generation"] == 4 and i["learning"]["state"] == "on probation"'
	answered 300
	soon 'i["generation"] == 5'
	is 'i["learning"]["rollbacks"] == 1'
	log_has 'rolled back' 5 'disagrees with it more often'
	[ "$(metric tlmld_learn_rollbacks_total)" = 1 ]
	grep -q 'g0: generation 4 was worse than the one before it: rolled back, as generation 5' "$TMP/tlmld.log"
	answered 100 # which nobody takes for worse
	is 'i["generation"] == 5'
}

pinned() { # stays, however bad
	"$tlmld_here/worse_model.py" "$TMP/worse" "$TMP/worst"
	in_ns gw tlmlctl model sign "$TMP/worst" --state "$TMP/state" >/dev/null
	in_ns gw tlmlctl model push g0 "$TMP/worst.signed"
	in_ns gw tlmlctl model pin g0
	answered 300
	is 'i["generation"] == 6 and i["learning"]["state"] == "pinned"'
	in_ns gw tlmlctl model unpin g0
	in_ns gw tlmlctl model rollback g0 5
	is 'i["generation"] == 7'
}

other_traffic() { # of a mixture that the data path has not seen since
	local alarms
	alarms=$(status 'i["learning"]["alarms"]')
	sleep 4 # counters are read every 2 s
	kinds 600
	sleep 4
	is "i['learning']['psi'] == 0 and i['learning']['alarms'] == $alarms"
	kinds 600 123
	soon 'i["learning"]["psi"] > 0.2'
	is "i['learning']['alarms'] > $alarms"
	grep -q 'g0: the traffic is another one than before' "$TMP/tlmld.log"
	[ "$(metric tlmld_learn_alarms_total)" -gt 0 ]
	in_ns gw tlmlctl learn g0 | grep 'unlike'
}

stale() {
	large_down
	echo 'learn_stale_s = 2' >>"$TMP/conf"
	kill -HUP "$(cat "$TMP/tlmld.pid")"
	soon 'i["learning"]["state"] == "no answers"'
	grep -q 'g0: the large model has said nothing for 2 s: learning stops' "$TMP/tlmld.log"
	not in_ns gw tlmlctl learn g0 now 2>"$TMP/said"
	grep -q 'does not answer' "$TMP/said"
	large_up --classes "$classes" "${teacher[@]}"
	large_known
	kinds 40
	soon 'i["learning"]["state"] != "no answers"'
	grep -q 'g0: the large model answers again: learning goes on' "$TMP/tlmld.log"
}

ktap_ok 'begins with the default model' begin 'shadow_flows = 60' 'shadow_s = 60' 'canary = 50' 'canary_s = 60' \
	'drift_flows = 400' -- "${teacher[@]}"
ktap_ok 'what passed the gate runs beside the live model' beside
ktap_ok 'then it is a canary' decides
ktap_ok 'a killed tlmld leaves no canary' killed
ktap_ok 'one that does well is promoted' promoted
ktap_ok 'a worse model that is pushed is taken back by itself' taken_back
ktap_ok 'one that is pinned stays' pinned
ktap_ok 'other traffic is an alarm' other_traffic
ktap_ok 'without answers learning stops, and says so' stale
ktap_ok 'ends, and leaves nothing' over
ktap_ok 'nothing is left on g0' nothing_on_g0
