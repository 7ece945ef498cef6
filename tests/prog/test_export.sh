#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# tlml-train --export-cases: a row for each flow as of the asking point, another one for what came
# after it, and refusals that leave nothing behind. test_cases shows that the inputs are right.
# timeout 60
set -euo pipefail
. "$(dirname "$0")/../lib.sh"
need tlml-train python3 mkmodel

cat >"$TMP/make.py" <<'PY'
import ipaddress, struct, sys
def frame(a, b, sport, dport):
    udp = struct.pack('!HHHH', sport, dport, 108, 0) + bytes(100)
    a, b = (ipaddress.ip_address(x).packed for x in (a, b))
    return bytes(12) + b'\x08\0' + struct.pack('!BBHHHBBH', 0x45, 0, 20 + len(udp), 1, 0, 64, 17, 0) + a + b + udp
frames = []
# Flows by their client port: 3 packets, 12, 40, 12 with a pause of 6 s after the tenth, no label.
for port, packets in ((1003, 3), (1012, 12), (1040, 40), (1112, 12), (2000, 12)):
    ms = 0
    for n in range(packets):
        pair = ('192.0.2.1', '198.51.100.1', port, 53) if n % 2 == 0 else ('198.51.100.1', '192.0.2.1', 53, port)
        frames.append((ms, frame(*pair)))
        ms += 6000 if port == 1112 and n == 9 else 10
with open(sys.argv[1], 'wb') as f:
    f.write(struct.pack('<IHHiIII', 0xa1b2c3d4, 2, 4, 0, 0, 262144, 1))
    for ms, data in sorted(frames):
        f.write(struct.pack('<IIII', 1700000000 + ms // 1000, ms % 1000 * 1000, len(data), len(data)) + data)
PY

cat >"$TMP/rows.py" <<'PY'
import csv, sys
with open(sys.argv[1]) as f:
    rows = list(csv.DictReader(f))
names = list(rows[0])
assert names[11:] == [f'features_{i}' for i in range(32)] + [f'packets_{i}' for i in range(96)] + \
    [f'flow_{i}' for i in range(8)], names
for r in rows:
    known = max(i + 1 for i in range(32) if r[f'packets_{3 * i + 2}'] != '0')
    assert int(r['packets']) == known and int(r['flow_1']) == 53, r
    assert r['class'] == r['last_class'] == 'c1' and r['hard'] == '0' and 0 < float(r['sure']) <= 1, r
    print(r['split'], r['label'], r['asked'], r['packets'], r['flow_2'])
PY

python3 "$TMP/make.py" "$TMP/a.pcap"
printf '%s\n' $'kind\tattack\tproto\tclient\tserver\tsport_lo\tsport_hi\tport\tt0_us\tt1_us' \
	$'few\t0\tudp\t*\t*\t1003\t1003\t53\t0\t0' $'more\t0\tudp\t*\t*\t1004\t1199\t53\t0\t0' >"$TMP/a.tsv"
mkmodel "$TMP/c1.tlml" constant:1
cp "$TMP/a.pcap" "$TMP/b.pcap"

export_cases() { tlml-train --model "$TMP/c1.tlml" --export-cases "$TMP/cases.csv" "$@" 2>&1; }

rows_are() { # OPTIONS -- ROW...
	local options=()
	while [ "$1" != -- ]; do
		options+=("$1")
		shift
	done
	shift
	export_cases "${options[@]}"
	diff <(printf '%s\n' "$@" | sort) <(python3 "$TMP/rows.py" "$TMP/cases.csv" | sort)
}

leaves_nothing() {
	rm -f "$TMP/cases.csv"
	! export_cases "$TMP/a.pcap" "$TMP/b.pcap" || return 1
	[ ! -e "$TMP/cases.csv" ]
}

ktap_plan 7
ktap_ok 'a row at packet 8 or at the end, one more with what came in time' rows_are --test "$TMP/a.pcap" -- \
	'test few 0 2 2' 'test more 1 8 8' 'test more 1 8 8' 'test more 1 8 8' 'test more 1 12 8' \
	'test more 1 32 8' 'test more 1 10 8'
ktap_ok 'another asking point' rows_are --ask-at 16 "$TMP/a.pcap" -- 'train few 0 2 2' \
	'train more 0 8 8' 'train more 0 8 8' 'train more 1 8 16' 'train more 1 32 16'
ktap_refuse 'a packet without decision' "--ask-at is '12'" export_cases --ask-at 12 "$TMP/a.pcap"
ktap_refuse 'two things at once' 'leave out -o' export_cases -o "$TMP/x.tlml" "$TMP/a.pcap"
ktap_refuse 'a capture without labels' 'b.tsv: cannot open the labels' export_cases "$TMP/b.pcap"
ktap_ok 'which leaves no file' leaves_nothing
ktap_refuse 'a place that is none' 'nope/c.csv: cannot write it' \
	tlml-train --export-cases "$TMP/nope/c.csv" "$TMP/a.pcap"
