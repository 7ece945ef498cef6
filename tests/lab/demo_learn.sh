# SPDX-License-Identifier: BSD-2-Clause
# The demo's last act: a kind of traffic that the tiny model was not trained on, and the large one
# was, appears; then the large model's file is replaced by one that lies. Sourced by demo.sh.
# shellcheck shell=bash disable=SC2034

LEARN_KIND=${TLML_DEMO_LEARN:-tftp}
LEARN_SECS=220  # of traffic at most: the act ends before
LEARN_FIRST=15  # seconds without the new kind
# Known kinds: neither video nor downloads. Of flows that look like web at packet 8 most hard ones are
# these, and a course of a few minutes' answers would forget web for them: the gate refuses that.
LEARN_WITH=(web dns ssh mqtt voip ntp coap "${LAB_ATTACKS[@]}")

demo_until() { # COMMAND...: succeeds, within 20 s
	local n
	for ((n = 0; n < 200; n++)); do
		if "$@" >/dev/null 2>&1; then return 0; fi
		sleep 0.1
	done
	cat "$LAB_DIR"/learn/*.log >&2
	lab_die "this does not come true: $*"
}

# Detaches, and waits for the tlmld that has nothing more to do.
demo_learn_clear() {
	local pid
	pid=$(demo_gw tlml-load --status -j lan | jq '.daemon.pid')
	demo_gw tlml-load --detach lan >/dev/null
	LOADED=
	demo_until [ ! -e "/proc/$pid" ]
}

# Both with files of the demo's own. In a lab of some flows a second small numbers decide.
demo_learn_up() {
	local dir=$LAB_DIR/learn
	printf '%s\n' 'learn_answers = 120' 'learn_cpu = 100' 'shadow_flows = 20' 'shadow_s = 10' \
		'canary = 50' 'canary_s = 6' >"$dir/tlmld.conf"
	demo_gw tlml-load --no-daemon lan >/dev/null
	LOADED=1
	nsenter --net="/run/netns/$LAB_GW" tlml-large --supervise --socket "$dir/large.sock" \
		--models "$dir/models" >"$dir/large.log" 2>&1 &
	LARGE=$!
	nsenter --net="/run/netns/$LAB_GW" tlmld -c "$dir/tlmld.conf" --state "$dir/state" \
		--large "unix://$dir/large.sock" >"$dir/tlmld.log" 2>&1 &
	TLMLD=$!
	demo_until demo_gw tlmlctl learn lan
	demo_gw tlmlctl set lan audit 2
}

demo_learn() {
	local dir=$LAB_DIR/learn
	install -d -m 755 "$dir" "$dir/models"
	demo_learn_clear
	demo_learn_up
	rm -f "$LAB_DIR/labels.tsv"
	nsenter --net="/run/netns/$LAB_GW" tlmlctl -j watch lan --trace >"$WORK/watch.learn" &
	WATCHER=$!
	TLML_LAB_LATER=$LEARN_FIRST "$LAB_SRC/traffic.sh" $((TLML_LAB_SEED + 2)) "$LEARN_SECS" \
		"${LEARN_WITH[@]}" "$LEARN_KIND" &
	TRAFFIC=$!
	lab_say "$LEARN_KIND appears after $LEARN_FIRST s, which the tiny model was never trained on and the large one was"
	lab_say "when it is known, the large model's file will be replaced by one that lies"
	"$LAB_SRC/poison.py" "$LAB_SRC/../../daemon/largeml/models/default.ubj" "$dir/poisoned.ubj"
	plan_rules "$LEARN_KIND"
	# shellcheck disable=SC2016 # the other shell's
	nsenter --net="/run/netns/$LAB_GW" "$LAB_SRC/learning.py" --new "$REPLY" --watch "$WORK/watch.learn" \
		--labels "$LAB_DIR/labels.tsv" --log "$dir/tlmld.log" "$WORK/learn.json" \
		sh -c 'mv "$0" "$1" && kill -HUP "$2"' "$dir/poisoned.ubj" "$dir/models/tlml.ubj" "$LARGE" &
	VIEW=$!
	wait "$VIEW"
	VIEW=
	demo_gw tlmlctl model log lan
	kill "$TRAFFIC"
	wait "$TRAFFIC" || true
	TRAFFIC=
	demo_learn_told
}

# The figures for people.
demo_learn_told() {
	jq -r --arg kind "$LEARN_KIND" '"\n\($kind): generation \(.generation) was live \(.seconds) s after its first flow; of \(.new_until) such flows until then \(.new_asked) were asked about",
		([["tiny model alone, at packet 8", "before", "after", "with lies"],
		["\($kind), right", .before.new_right, .after.new_right, .lies.while.new_right],
		["known kinds, right", .before.known_right, .after.known_right, .lies.while.known_right],
		["benign called an attack", .before.benign_called_attack, .after.benign_called_attack, .lies.while.benign_called_attack],
		["asked about, share of all flows", .before.asked, .after.asked, .lies.while.asked],
		["golden flows, right", .golden[0], .golden[1], .golden[1]]][] | map(tostring) | join("|")),
		"the large model that lies|\(.lies.outcome), generation \(.lies.generation) stays: \(.lies.why)"' \
		"$WORK/learn.json" | awk -F'|' '{ printf NF == 4 ? "  %-32s %9s %9s %9s\n" : "%s: %s\n", $1, $2, $3, $4 }' |
		sed 's/: $//'
}
