#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# A labelled capture: record.sh OUTDIR SEED SECONDS [KIND...] writes
# OUTDIR/lab-SEED.pcap (the gateway's LAN side) and OUTDIR/lab-SEED.tsv.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=env.sh
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"

record_end() {
	[ -z "$TRAFFIC" ] || kill -TERM "$TRAFFIC" 2>/dev/null || true
	# A lab that `up` refused to take is somebody else's.
	[ "$(cat "$LAB_DIR/owner" 2>/dev/null)" != $$ ] || "$LAB_SRC/lab.sh" down
	rm -f "$PCAP.part" "$OUT/.lab-$SEED.err"
}

record_stop_dump() {
	# The kernel hands packets over in blocks; let the last one come.
	sleep 1.2
	kill -INT "$DUMP"
	wait "$DUMP" || true
	grep -q '^0 packets dropped by kernel' "$OUT/.lab-$SEED.err" ||
		lab_die "tcpdump lost packets, the capture is not whole: $(grep dropped "$OUT/.lab-$SEED.err")"
}

lab_need_root
[[ $# -ge 3 && $2 =~ ^[0-9]{1,9}$ ]] || lab_die "usage: record.sh OUTDIR SEED SECONDS [KIND...]"
OUT=$1
SEED=$2
shift
mkdir -p "$OUT"
PCAP=$OUT/lab-$SEED.pcap
TRAFFIC=
export TLML_LAB_OWNER=$$ TLML_LAB_SEED=$SEED
trap record_end EXIT
trap 'exit 130' INT TERM
"$LAB_SRC/lab.sh" up
: >"$OUT/.lab-$SEED.err"
ip netns exec "$LAB_GW" tcpdump -n -i lan -s 128 -B 131072 -Z root -w "$PCAP.part" 2>"$OUT/.lab-$SEED.err" &
DUMP=$!
for _ in {1..50}; do
	grep -q 'listening on' "$OUT/.lab-$SEED.err" && break
	sleep 0.1
done
"$LAB_SRC/traffic.sh" "$@" &
TRAFFIC=$!
wait "$TRAFFIC"
TRAFFIC=
record_stop_dump
cp "$LAB_DIR/labels.tsv" "$OUT/lab-$SEED.tsv"
mv "$PCAP.part" "$PCAP"
