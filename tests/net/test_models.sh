#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# timeout 240
# tlmlctl model: what is kept of models, pushed, rolled back to, pinned and refused, on a real
# interface, by tlmld and without it; an interface begins with what was live there.
set -euo pipefail
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/net.sh"
need_root
need tlml-load tlmlctl tlmld mkmodel ping python3
ktap_plan 20
net_up
chmod 711 "$TMP" # nobody, as tlmld is, has to get through
state=$(ns_run gw)/state
model() { in_ns gw tlmlctl "$@"; }

up() { # tlmld in gw, where tlmlctl looks for it
	ip netns exec "$(ns_name gw)" tlmld >>"$TMP/tlmld.log" 2>&1 &
	echo $! >"$TMP/tlmld.pid"
	wait_until 20 model large || { cat "$TMP/tlmld.log"; return 1; }
}

gone() { ! kill -0 "$(cat "$TMP/tlmld.pid")" 2>/dev/null; }

down() { # SIGNAL
	[ -e "$TMP/tlmld.pid" ] || return 0
	kill -s "$1" "$(cat "$TMP/tlmld.pid")" 2>/dev/null || true
	wait_until 20 gone
	rm "$TMP/tlmld.pid"
}
at_exit down TERM

live() { # GENERATION: in the data path
	model -j model show g0 | python3 -c 'import json, sys
d = json.load(sys.stdin)["interfaces"][0]
assert d["generation"] == int(sys.argv[1]), d["generation"]' "$1"
}

log_is() { # EXPRESSION of d and of the newest entry, e
	model -j model log g0 | python3 -c 'import json, sys
d = json.load(sys.stdin)
e = (d["log"] or [{}])[-1]
assert eval(sys.argv[1]), (sys.argv[1], d["generations"][:2], e)' "$1"
}

says() { # SENTENCE COMMAND...: which fails with it
	local out
	out=$("${@:2}" 2>&1) && { echo "succeeded: $out"; return 1; }
	grep -qE -- "$1" <<<"$out" || { echo "no /$1/ in: $out"; return 1; }
}

starts() {
	load g0 --model "$TMP/m0" >/dev/null
	up
	[ "$(stat -c '%a' "$state/key" "$state/key.pub" | tr '\n' ' ')" = '600 644 ' ]
	[ "$(stat -c %U "$state" "$state/key" "$state/g0" | sort -u)" != root ]
	log_is 'd["live"] == 1 and len(d["log"]) == 1 and not d["pinned"]'
	log_is 'e["event"] == "kept" and "began" in e["why"]'
	not grep -q 'does not learn' "$TMP/tlmld.log"
}

signed() {
	model model sign "$TMP/m1" --state "$state" | grep -qE 'm1.signed: generation 1, number [0-9]+, signed by [0-9a-f]{64}'
	model model push g0 "$TMP/m1.signed" | grep -q 'g0: generation 2 is live'
	live 2
	log_is 'e["event"] == "pushed" and e["generation"] == 2 and e["was"] == 1 and len(d["generations"]) == 2'
}

identical() { # what was stored is the model that was signed, but for its number and hash
	python3 - "$TMP/m1" "$state/g0/generation-0000000002.tlms" <<-'END'
		import sys
		model = bytearray(open(sys.argv[1], 'rb').read())
		kept = bytearray(open(sys.argv[2], 'rb').read()[104:-64])
		for m in (model, kept):
		    m[12:16] = bytes(4)
		    m[24:56] = bytes(32)
		assert model == kept
	END
}

replayed() {
	says 'not new' model model push g0 "$TMP/m1.signed"
	live 2
	log_is 'e["event"] == "refused" and "not new" in e["why"]'
}

older() { # signed before one that was pushed
	model model sign "$TMP/m2" --state "$state" >/dev/null
	model model sign "$TMP/m3" --state "$state" >/dev/null
	model model push g0 "$TMP/m3.signed" >/dev/null
	says 'not new' model model push g0 "$TMP/m2.signed"
	live 3
}

unsigned() {
	says 'without a signature' model model push g0 "$TMP/m2"
	live 3
	model model push g0 "$TMP/m2" --unsigned >/dev/null
	live 4
	log_is '"without a signature" in e["why"]'
}

stranger() {
	mkdir "$TMP/their"
	model model sign "$TMP/m1" --state "$TMP/their" >/dev/null
	says 'not trusted' model model push g0 "$TMP/m1.signed"
	says 'not trusted' model model push g0 "$TMP/m1.signed" --unsigned
	live 4
	install -m 644 "$TMP/their/key.pub" "$state/trusted/them.pub"
	model model push g0 "$TMP/m1.signed" >/dev/null
	live 5
	says 'not new' model model push g0 "$TMP/m1.signed"
	live 5
}

damaged() {
	model model sign "$TMP/m1" --state "$state" >/dev/null
	head -c 500 "$TMP/m1.signed" >"$TMP/cut"
	says 'header says' model model push g0 "$TMP/cut"
	{ head -c 900 "$TMP/m1.signed" && printf x && tail -c +902 "$TMP/m1.signed"; } >"$TMP/changed"
	says 'signature .* is wrong' model model push g0 "$TMP/changed"
	: >"$TMP/empty"
	says 'not a signed model' model model push g0 "$TMP/empty"
	says 'not a file' model model push g0 "$TMP"
	says 'not a file' model model push g0 /dev/zero
	says 'more than' model model push g0 "$TMP/large"
	live 5
}

back() {
	model model rollback g0 | grep -q 'generation 6 is live'
	log_is 'e["event"] == "rolled back" and e["to"] == 4 and d["generations"][0]["origin"] == 4'
	model model rollback g0 3 >/dev/null
	live 7
	says 'not kept' model model rollback g0 9
	says 'live already' model model rollback g0 7
}

pinned() {
	model model pin g0 | grep -q 'generation 7 is live, and pinned'
	says 'pinned' model model push g0 "$TMP/m2" --unsigned
	says 'pinned' model model rollback g0
	live 7
	model model unpin g0 >/dev/null
	model model push g0 "$TMP/m2" --unsigned >/dev/null
	live 8
}

told() { # the log for people
	model model log g0 >"$TMP/text"
	cat "$TMP/text"
	grep -qE '^g0: generation 8 is live$' "$TMP/text"
	grep -qE '^ +8 .* live$' "$TMP/text"
	grep -qE '^ +7 .* weights of 3$' "$TMP/text"
	grep -qE 'refused +.*not trusted' "$TMP/text"
}

killed() { # and what is live stays as it was
	down KILL
	live 8
	up
	live 8
	log_is 'd["live"] == 8 and e["generation"] == 8 and len(d["generations"]) == 8'
}

alone() { # the same without tlmld
	down TERM
	says 'without a signature' model model push g0 "$TMP/m3"
	says 'not new' model model push g0 "$TMP/m1.signed"
	live 8
	model model sign "$TMP/m3" >/dev/null
	model model push g0 "$TMP/m3.signed" | grep -q 'g0: generation 9 is live'
	live 9
	says 'not new' model model push g0 "$TMP/m3.signed"
	log_is 'e["event"] == "refused" and d["live"] == 9 and d["generations"][0]["live"]'
	model model pin g0 >/dev/null
	says 'pinned' model model rollback g0
	model model unpin g0 >/dev/null
	[ -z "$(find "$state" -user root ! -name "them.pub")" ] # or tlmld could not go on
}

goes_on() {
	up
	live 9
	model model rollback g0 8 >/dev/null
	live 10
	model model pin g0 >/dev/null
	log_is 'e["event"] == "pinned" and [g["generation"] for g in d["generations"]] == list(range(10, 0, -1))'
	not grep -E 'does not learn|cannot be kept' "$TMP/tlmld.log"
}

again() { # as after the machine was started anew
	down TERM
	load --detach g0 >/dev/null
	says 'is pinned' load g0 --model "$TMP/m1"
	nothing_left g0
	load g0 >/dev/null
	live 10
	log_is 'd["pinned"] and e["event"] == "pinned"'
	model model unpin g0 >/dev/null
	load --detach g0 >/dev/null
	load g0 --model "$TMP/m2" >/dev/null # the weights of 10
	live 10
}

told_otherwise() {
	load --detach g0 >/dev/null
	load g0 --model "$TMP/m1" >/dev/null
	live 11
	log_is 'e["event"] == "kept" and e["generation"] == 11'
	load --detach g0 >/dev/null
	load g0 --model default >/dev/null
	live 12
	model model show g0 | grep -q synflood
	up
	log_is 'd["live"] == 12'
}

unwritable() { # where nothing can be kept, tlml runs all the same
	down TERM
	load --detach g0 >/dev/null
	mv "$state" "$state.away"
	: >"$state"
	load g0 --model "$TMP/m1" 2>&1 | grep 'tlmld will not learn from it: .* is in the way'
	live 1
	says 'in the way' model model push g0 "$TMP/m1" --unsigned
	load --detach g0 >/dev/null
	rm "$state"
	mv "$state.away" "$state"
	load g0 >/dev/null
	live 12
	up
}

spoiled() { # a bundle that was changed on disk
	printf x | dd of="$state/g0/generation-0000000009.tlms" bs=1 seek=700 conv=notrunc status=none
	says 'signature' model model rollback g0 9
	log_is 'any("signature" in g.get("damaged", "") for g in d["generations"])'
	live 12
}

mistaken() {
	says 'tlml is not on .* it is on g0' model model log nope
	says 'not the name' model model push . "$TMP/m1.signed"
	says 'cannot open' model model push g0 "$TMP/nope"
	says "needs more words" model model push g0
	down TERM
}

ends() {
	load --detach g0 >/dev/null
	if attached g0; then return 1; fi
	[ -z "$(find "$state" -name '*.new')" ]
}

for k in 0 1 2 3; do mkmodel "$TMP/m$k" "constant:$k"; done
truncate -s 1M "$TMP/large"
ktap_ok 'tlmld makes its keys, and no model live' starts
ktap_ok 'a signed model is pushed' signed
ktap_ok 'and stored as it was' identical
ktap_ok 'once' replayed
ktap_ok 'not after one that was signed later' older
ktap_ok 'one without a signature only if so wished' unsigned
ktap_ok 'one of a stranger only if trusted' stranger
ktap_ok 'one that is damaged never' damaged
ktap_ok 'an older one comes back' back
ktap_ok 'nothing moves a pinned one' pinned
ktap_ok 'the log is for people, too' told
ktap_ok 'killed, tlmld goes on where it was' killed
ktap_ok 'without tlmld tlmlctl does the same' alone
ktap_ok 'and tlmld goes on from there' goes_on
ktap_ok 'an interface begins with what was live there' again
ktap_ok 'or with what it is told' told_otherwise
ktap_ok 'and begins where nothing can be kept' unwritable
ktap_ok 'a bundle that was changed is not used' spoiled
ktap_ok 'mistakes are told' mistaken
ktap_ok 'nothing is left' ends
