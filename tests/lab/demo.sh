#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# tlml on a gateway with live traffic of every kind, for four minutes: demo.sh BUILD watches the tiny
# model alone, then with the large one, compares verdicts with the lab's labels, stops one attack and
# nothing else, and has the tiny model learn a kind that is new to it. Writes BUILD/demo.json.
# TLML_LAB_SEED chooses the traffic; no model was trained on the default's.
set -euo pipefail
export TLML_LAB_SUFFIX=${TLML_LAB_SUFFIX:-demo} TLML_LAB_SEED=${TLML_LAB_SEED:-2026}
# shellcheck source-path=SCRIPTDIR source=env.sh
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"
# shellcheck source=draw.sh
. "$LAB_SRC/draw.sh"
# shellcheck source=plan.sh
. "$LAB_SRC/plan.sh"
# shellcheck source=demo_learn.sh
. "$LAB_SRC/demo_learn.sh"

WATCH_SECS=40
ENFORCE_SECS=16
export TLML_LAB_PACE=150 # leaves two cores some air: what is measured is tlml
ATTACK=${TLML_DEMO_ATTACK:-dnstunnel}

demo_gw() { nsenter --net="/run/netns/$LAB_GW" "$@"; }

demo_end() {
	trap '' INT TERM HUP
	local pid
	for pid in $VIEW $TRAFFIC $WATCHER $TLMLD $LARGE; do
		{ kill "$pid" && wait "$pid"; } 2>/dev/null || true
	done
	if [ -n "$LOADED" ]; then demo_gw tlml-load --detach lan >/dev/null || true; fi
	[ -z "$STATS_WERE" ] || sysctl -qw kernel.bpf_stats_enabled="$STATS_WERE"
	# A lab that `up` refused to take is somebody else's.
	[ "$(cat "$LAB_DIR/owner" 2>/dev/null)" != $$ ] || "$LAB_SRC/lab.sh" down
	rm -rf "$WORK"
}

demo_load() {
	demo_gw tlml-load lan
	LOADED=1
}

# What the kernel measured of tlml's programs: "nanoseconds runs".
demo_cost() {
	local id
	for id in $(demo_gw tlml-load --status -j lan | sed -n 's/.*"id": \([0-9]*\).*/\1/p'); do
		bpftool prog show id "$id" -j
	done | sed 's/,/\n/g' | awk -F'[:}]' '/"run_time_ns"/ { ns += $2 } /"run_cnt"/ { n += $2 }
		END { printf "%d %d\n", ns, n }'
}

# Packets that tlml has seen.
demo_packets() { demo_gw tlmlctl -j stats lan | jq '.interfaces[0].stats.packets'; }

# Begins to count what the attackers of seed $1 get through the gateway.
demo_meter() {
	local n list4=() list6=()
	plan_draw "$1"
	plan_read "$ATTACK"
	for n in "${CLIENTS[@]}"; do
		list4+=("$LAB_LAN4.$n,")
		list6+=("$LAB_LAN6$n,")
	done
	demo_gw nft -f - <<-NFT
	table inet demo
	delete table inet demo
	table inet demo {
		counter passed { }
		chain passing {
			type filter hook forward priority filter;
			ip saddr { ${list4[*]} } counter name passed
			ip6 saddr { ${list6[*]} } counter name passed
		}
	}
	NFT
}

demo_passed() { demo_gw nft list counter inet demo passed | sed -n 's/.*packets \([0-9]*\).*/\1/p'; }

# Traffic of seed $1 for $2 seconds, its decisions in the file $3; the rest are kinds.
demo_traffic() {
	local seed=$1 secs=$2 watch=$3
	shift 3
	rm -f "$LAB_DIR/labels.tsv"
	demo_meter "$seed"
	# Not by demo_gw: what is in the background must be the program itself, to be ended.
	nsenter --net="/run/netns/$LAB_GW" tlmlctl -j watch lan --trace >"$watch" &
	WATCHER=$!
	"$LAB_SRC/traffic.sh" "$seed" "$secs" "$@" &
	TRAFFIC=$!
	# In the background, so that a signal is not kept waiting.
	"$LAB_SRC/verdicts.py" live "$watch" "$LAB_DIR/labels.tsv" "$secs" &
	VIEW=$!
	wait "$VIEW"
	VIEW=
	wait "$TRAFFIC"
	TRAFFIC=
	kill "$WATCHER"
	wait "$WATCHER" || true
	WATCHER=
}


# Traffic of every kind, and what became of it into the file $1.json.
demo_watch() {
	demo_traffic "$TLML_LAB_SEED" "$WATCH_SECS" "$WORK/watch"
	printf '\nverdicts after the last decision, against what the lab made:\n'
	"$LAB_SRC/verdicts.py" sum "$WORK/watch" "$LAB_DIR/labels.tsv" "$1.json"
}

demo_alone() {
	lab_say "$WATCH_SECS s of ${#LAB_BENIGN[@]} benign kinds and ${#LAB_ATTACKS[@]} attacks, all at once; the tiny model alone"
	demo_gw tlmlctl set lan ask rate 0
	demo_watch "$WORK/alone"
	# The second time it is to know as little of these addresses as the first time.
	demo_gw tlml-load --detach lan >/dev/null
	LOADED=
	demo_load
}

demo_both() {
	local ns runs
	lab_say "$WATCH_SECS s of the same, but now the large model is asked about hard flows"
	now_us
	local began=$REPLY
	demo_watch "$WORK/both"
	now_us
	PACKETS=$(demo_packets)
	read -r ns runs <<<"$(demo_cost)"
	((runs > 0)) || lab_die "the kernel counted no run of tlml's programs: nothing passed lan"
	BEFORE=$(($(demo_passed) * 60 / WATCH_SECS))
	NS=$((ns / runs))
	printf 'macro-F1 of the tiny model alone %s, with the large one %s\n' \
		"$(jq .macro_f1 "$WORK/alone.json")" "$(jq .macro_f1 "$WORK/both.json")"
	printf '%d packets, %d a second; %d ns a packet, of which measuring itself takes a part\n' \
		"$PACKETS" $((PACKETS * 1000000 / (REPLY - began))) "$NS"
	demo_gw tlmlctl large
}

demo_enforce() {
	printf '\ntlmlctl set lan class %s action drop; tlmlctl set lan mode enforce confirm 60\n' "$ATTACK"
	demo_gw tlmlctl set lan class "$ATTACK" action drop
	demo_gw tlmlctl set lan mode enforce confirm 60
	demo_traffic $((TLML_LAB_SEED + 1)) "$ENFORCE_SECS" "$WORK/enforce" "${LAB_BENIGN[@]}" "$ATTACK"
	demo_gw tlmlctl -j show lan >"$WORK/show"
	printf '\nwith %s dropped:\n' "$ATTACK"
	"$LAB_SRC/verdicts.py" drops "$WORK/enforce" "$LAB_DIR/labels.tsv" "$WORK/show" "$WORK/drops.json"
	printf '%d packets dropped, of %d flows of the attack and of %d benign ones\n' \
		"$(jq .packets "$WORK/drops.json")" "$(jq .attack "$WORK/drops.json")" \
		"$(jq .benign "$WORK/drops.json")"
	printf 'packets of attackers that came through, a minute: %d before, %d now\n' \
		"$BEFORE" $(($(demo_passed) * 60 / ENFORCE_SECS))
}

demo_json() {
	jq --argjson packets "$PACKETS" --argjson ns "$NS" --slurpfile drops "$WORK/drops.json" \
		--slurpfile alone "$WORK/alone.json" --slurpfile learning "$WORK/learn.json" \
		'. + {macro_f1_tiny: $alone[0].macro_f1, packets: $packets, ns_per_packet: $ns,
		benign_drops: $drops[0].benign, attack_drops: $drops[0].packets, learning: $learning[0]}' \
		"$WORK/both.json" >"$BUILD/demo.json"
	lab_say "wrote $BUILD/demo.json"
}

[ -d "${1:-}" ] || lab_die "usage: demo.sh BUILD, a directory: make demo runs this"
lab_need_root
BUILD=$1
for tool in tlml-load tlmlctl tlmld tlml-large bpftool jq; do
	command -v $tool >/dev/null || lab_die "no $tool in PATH: run make demo"
done
VIEW='' TRAFFIC='' WATCHER='' TLMLD='' LARGE='' LOADED='' STATS_WERE=''
WORK=$(mktemp -d)
trap demo_end EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
export TLML_LAB_OWNER=$$
lab_say "starting servers in namespaces of their own"
"$LAB_SRC/lab.sh" up
demo_load
STATS_WERE=$(sysctl -n kernel.bpf_stats_enabled)
sysctl -qw kernel.bpf_stats_enabled=1
for act in ${TLML_DEMO_ACTS:-alone both enforce learn json}; do "demo_$act"; done
