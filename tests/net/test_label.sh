#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# timeout 300
# Labels teach the large model on the box: flows that it was asked about are named by an operator
# and by Suricata's alerts, the trees learn them, the gate lets them, tlml-large serves them; labels
# that lie are refused, and one step back is one step back.
#
# Where Suricata is installed it reads what the test has just sent. Elsewhere alerts are those that
# Suricata 7.0.10 once wrote about the same flows (eve/recorded.json), at the time of these.
set -euo pipefail
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/net.sh"
. "$(dirname "$0")/tlmld.sh"
need_root
need tlml-load tlmlctl tlmld tlml-large python3 curl
ktap_plan 11
net_up
pins_g0=$(pins g0)
run=/run/tlml/$(basename "${pins_g0%/*}") # where tlmlctl looks
models=$run/state/models # where tlmlctl has the large model taught
at_exit rm -rf "$run"
flows=120

ctl() { in_ns gw tlmlctl "$@"; }

serve() { # the model that tlml-large carries, as long as there is none in the directory
	ip netns exec "$(ns_name gw)" tlml-large --socket "$TMP/large.sock" --models "$models" >"$TMP/large.log" 2>&1 &
	echo $! >"$TMP/serve.pid"
	wait_until 30 curl -sf --unix-socket "$TMP/large.sock" http://localhost/v2/health/live
}

serve_stop() {
	[ -e "$TMP/serve.pid" ] || return 0
	kill "$(cat "$TMP/serve.pid")" 2>/dev/null || true
	rm "$TMP/serve.pid"
}
at_exit serve_stop

begin() {
	mkdir -p "$models"
	load g0 >/dev/null
	set_g0 class '*' margin hard 255
	set_g0 audit 0
	for budget in prefix-rate class-rate rate; do set_g0 ask "$budget" 100000; done
	printf '%s\n' 'answer_ttl_s = 1' 'learn_answers = 60000' 'sure = 0' >"$TMP/conf"
	serve
	tlmld_up -c "$TMP/conf"
	large_known
}

voice() { # FIRST-PORT COUNT: flows to port 7000 that grow as they go, each at its own pace
	# shellcheck disable=SC2016 # Python
	in_ns lan python3 -c 'import random, socket, sys, time
first, n = int(sys.argv[1]), int(sys.argv[2])
flows = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(n)]
due = []
for i, s in enumerate(flows):
	s.bind(("192.0.2.2", first + i))
	at = random.uniform(0, 0.1)
	for k in range(12):
		due.append((at, i, k))
		at += random.choice((0.01, 0.02, 0.04))
begun = time.monotonic()
for at, i, k in sorted(due):
	time.sleep(max(0, begun + at - time.monotonic()))
	flows[i].sendto(b"x" * (300 + 90 * k + random.randrange(40)), ("192.0.2.1", 7000))' "$1" "$2"
}

asked() { # FIRST-PORT COUNT: such flows, and the large model is asked about nearly all of them
	local before
	before=$(status 'i["answered"]')
	voice "$1" "$2"
	soon "i['answered'] >= $before + $2 * 9 // 10"
}

heard() { voice $((60000 + RANDOM % 5000)) 1; [ -s "$TMP/watched" ]; }

answers() { # FIRST-PORT -> of thirty more flows, those that the large model calls mqtt
	ip netns exec "$(ns_name gw)" tlmlctl -j watch g0 >"$TMP/watched" 2>"$TMP/watch.err" &
	wait_until 20 heard
	asked "$1" 30 >/dev/null
	sleep 0.2
	kill $!
	wait $! || true
	python3 -c 'import json, sys
first = int(sys.argv[2])
said = [json.loads(line) for line in open(sys.argv[1])]
print(sum(e["event"] == "answered" and e["answer"]["class"] == "mqtt" and first <= e["sport"] < first + 30 for e in said))' "$TMP/watched" "$1"
}

knows() { # FIRST-PORT
	local n
	n=$(answers "$1")
	[ "$n" -ge 24 ] || { echo "$n of 30 are called mqtt"; return 1; }
}

knows_not() {
	local n
	n=$(answers "$1")
	[ "$n" -le 3 ] || { echo "$n of 30 are called mqtt"; return 1; }
}

version() { curl -s --unix-socket "$TMP/large.sock" http://localhost/v2/models/tlml | python3 -c 'import json, sys; print(json.load(sys.stdin)["versions"][-1])'; }

eve() { # of the flows that were captured meanwhile, or of the recording, as if it were of now
	local here
	here=$(cd "$(dirname "$0")" && pwd)/eve
	if command -v suricata >/dev/null; then
		suricata -c "$here/suricata.yaml" -S "$here/local.rules" -r "$TMP/voice.pcap" -l "$TMP" -k none --runmode single
	else
		echo "as recorded: suricata is not installed"
		sed "s/\"timestamp\":\"[^\"]*\"/\"timestamp\":\"$(date -u +%Y-%m-%dT%H:%M:%S.%6N+0000)\"/" "$here/recorded.json" >"$TMP/eve.json"
	fi
	[ "$(grep -c '"event_type":"alert"' "$TMP/eve.json")" = "$flows" ]
}

alerts() {
	local port
	in_ns gw tcpdump -q -i g0 -U --immediate-mode -w "$TMP/voice.pcap" udp port 7000 2>"$TMP/tcpdump" &
	wait_until 10 grep -q 'listening on' "$TMP/tcpdump"
	for port in 20000 20030 20060 20090; do # not all at once, which would be a kind of its own
		asked "$port" 30
		sleep 1
	done
	kill $!
	wait $! || true
	eve
}

labels() {
	ctl -j label g0 --eve "$TMP/eve.json" --map 'ET *=scan' --map 'LOCAL voice*=mqtt' --by suricata >"$TMP/said"
	cat "$TMP/said"
	python3 -c 'import json, sys
said = json.load(open(sys.argv[1]))
assert said["labelled"] > 100 and said["alerts"] == 120 and said["no_class"] == said["unreadable"] == 0, said
assert said["labelled"] + said["no_case"] == 120, said' "$TMP/said"
	is 'd["labelling"]["by"]["suricata"]["mqtt"] > 100'
}

operator() { # whose word stands
	ctl label g0 192.0.2.1 7000 192.0.2.2 20007 udp dns # also the other way round
	ctl label g0 --eve "$TMP/eve.json" --map '1000001=mqtt' | grep ', 1 leave what the operator said'
	ctl label g0 192.0.2.2 20007 192.0.2.1 7000 udp mqtt
	is 'd["labelling"]["by"]["operator"] == {"mqtt": 1}'
}

refuses_words() {
	not ctl label g0 192.0.2.2 1 192.0.2.1 7000 udp mqtt 2>"$TMP/said"
	grep 'asked about no such flow on g0' "$TMP/said"
	not ctl label g0 192.0.2.2 20001 192.0.2.1 7000 udp nosuch 2>"$TMP/said"
	grep "no class 'nosuch'" "$TMP/said"
	not ctl label g0 --eve "$TMP/eve.json" 2>"$TMP/said"
	grep 'what do alerts mean' "$TMP/said"
	printf '{"event_type":"alert"\n{"event_type":"alert","alert":{}}\n{}\n' >"$TMP/bad.json"
	ctl label g0 --eve "$TMP/bad.json" --map '*=mqtt' >"$TMP/said"
	grep '^3 events, 0 of them alerts' "$TMP/said"
	grep '^3 lines cannot be read; the first is line 1: this is not JSON' "$TMP/said"
}

survives() { # tlmld's end by a kill: what was said more than a second ago
	local n
	n=$(status 'd["labelling"]["labels"]')
	sleep 1.5
	tlmld_down KILL
	tlmld_up -c "$TMP/conf"
	large_known
	is "d['labelling']['labels'] == $n"
}

learns() {
	knows_not 30000
	[ "$(version)" = 1 ]
	ctl large learn | tee "$TMP/said"
	grep 'large model: learned from' "$TMP/said"
	[ "$(version)" = 2 ]
	knows 31000
	[ "$(stat -c %u "$models/tlml.ubj")" = "$(stat -c %u "$models")" ]
	is 'd["labelling"]["fresh"] == 0'
}

back() {
	ctl large rollback | grep 'rolled back'
	knows_not 32000
	ctl large rollback
	[ "$(version)" = 4 ]
	knows 33000
}

lies() { # every other flow of the kind is called something else, so there is nothing to be learned
	local port before now
	before=$(sha256sum <"$models/tlml.ubj")
	asked 40000 30
	asked 40030 30
	asked 40060 30
	asked 40090 30
	now=$(date -u +%Y-%m-%dT%H:%M:%S.%6N+0000)
	for port in {40000..40119}; do
		printf '{"timestamp":"%s","event_type":"alert","src_ip":"192.0.2.2","src_port":%s,"dest_ip":"192.0.2.1","dest_port":7000,"proto":"UDP","alert":{"signature":"kind %s"}}\n' \
			"$now" "$port" "$((port % 2))"
	done >"$TMP/lies.json"
	ctl label g0 --eve - --map 'kind 0=web' --map 'kind 1=mqtt' --by liar <"$TMP/lies.json"
	not ctl large learn 2>"$TMP/said"
	cat "$TMP/said"
	grep 'refused: it would' "$TMP/said"
	[ "$(sha256sum <"$models/tlml.ubj")" = "$before" ]
	[ "$(version)" = 4 ]
	grep '"outcome": "refused"' "$models/tlml.taught"
	ctl -j large | grep '"outcome": "refused"'
}

fails() { # to learn, and what is served stays
	local before
	before=$(sha256sum "$models/tlml.ubj")
	not ctl large learn >"$TMP/said" 2>&1
	cat "$TMP/said"
	[ "$(sha256sum "$models/tlml.ubj")" = "$before" ]
	[ "$(version)" = 4 ]
}

hindered() {
	exec 9<"$models"
	flock 9
	fails
	grep 'another process teaches' "$TMP/said"
	exec 9<&-
	cp "$models/tlml.ubj" "$TMP/kept"
	head -c 500000 "$TMP/kept" >"$models/tlml.ubj"
	fails
	cp "$TMP/kept" "$models/tlml.ubj"
	echo nothing >"$models/tlml.cases"
	fails
	grep "not this model's cases" "$TMP/said"
	rm "$models/tlml.cases"
	mv "$TMP/state/labels.cases" "$TMP/kept"
	mkdir "$TMP/state/labels.cases"
	ctl label g0 --eve "$TMP/lies.json" --map '*=mqtt' --learn 100000 | grep 'learns when there are 100000 fresh labels'
	fails
	grep 'cannot keep' "$TMP/said"
	rmdir "$TMP/state/labels.cases"
}

over() {
	tlmld_down TERM
	serve_stop
	load --detach g0 >/dev/null
	nothing_on_g0
}

ktap_ok 'tlmld asks a tlml-large with its own model' begin
ktap_ok "Suricata's alerts about flows that it was asked about" alerts
ktap_ok 'label these flows' labels
ktap_ok 'the word of the operator stands' operator
ktap_ok 'what cannot be is refused, and said' refuses_words
ktap_ok 'labels survive a kill' survives
ktap_ok 'the trees learn them, and tlml-large answers anew' learns
ktap_ok 'there is a way back, and forth' back
ktap_ok 'labels that lie are refused' lies
ktap_ok 'what hinders learning is said, and changes nothing' hindered
ktap_ok 'ends, and leaves nothing' over
