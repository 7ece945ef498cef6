#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# tlml-replay: hand-made captures with known verdicts (a model that always says c1, with a margin
# of 63 more at each of packets 1, 2, 4, 8 ...), in all three forms; drawn traffic, on which the
# trainer must come to the same figures; and captures that are none.
# timeout 300
set -euo pipefail
. "$(dirname "$0")/../lib.sh"
need_root
need tlml-replay tlml-train tlmlctl mkmodel python3 setpriv

cat >"$TMP/make.py" <<'PY'
import ipaddress, os, random, struct, sys
out = sys.argv[1]
BASE = 1700000000 * 10**6
frames = []                                 # (us, bytes)

def ether(kind, payload, vlan=None):
    tag = struct.pack('!HH', 0x8100, vlan) if vlan else b''
    return bytes(6) + b'\2' * 6 + tag + struct.pack('!H', kind) + payload

def ip4(src, dst, proto, payload, frag=0, length=None):
    length = 20 + len(payload) if length is None else length
    a, b = (ipaddress.ip_address(x).packed for x in (src, dst))
    return struct.pack('!BBHHHBBH', 0x45, 0, length, 1, frag, 64, proto, 0) + a + b + payload

def ip6(src, dst, proto, payload):
    a, b = (ipaddress.ip_address(x).packed for x in (src, dst))
    return struct.pack('!IHBB', 6 << 28, len(payload), proto, 64) + a + b + payload

def tcp(sport, dport, flags, size=0):
    return struct.pack('!HHIIBBHHH', sport, dport, 0, 0, 0x50, flags, 0, 0, 0) + bytes(size)

def udp(sport, dport, size=8):
    return struct.pack('!HHHH', sport, dport, 8 + size, 0) + bytes(size)

def add(ms, frame):
    frames.append((BASE + ms * 1000, frame))

C, S = '192.0.2.10', '198.51.100.20'
FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16
there = lambda flags, size=0: ip4(C, S, 6, tcp(40000, 443, flags, size))
back = lambda flags, size=0: ip4(S, C, 6, tcp(443, 40000, flags, size))
add(0, ether(0x800, there(SYN)))
add(1, ether(0x800, back(SYN | ACK)))
add(2, ether(0x800, there(ACK)))
add(3, ether(0x800, there(PSH | ACK, 600)))
# The same addresses and ports in a VLAN, from the SYN-ACK on; a header that is longer than it seems.
add(4, ether(0x800, back(SYN | ACK), vlan=7))
add(5, ether(0x86dd, ip6('2001:db8::10', '2001:db8::20', 17, udp(5000, 53))))
add(6, ether(0x86dd, ip6('2001:db8::20', '2001:db8::10', 17, udp(53, 5000, 120))))
# Fragments have no ports, not even the first.
add(7, ether(0x800, ip4(C, S, 17, udp(6000, 7000, 64), frag=0x2000)))
add(8, ether(0x800, ip4(C, S, 17, bytes(64), frag=9)))
# GRE: the inner addresses count.
add(9, ether(0x800, ip4(C, S, 47, struct.pack('!HH', 0, 0x800) +
                        ip4('203.0.113.1', '203.0.113.2', 6, tcp(1234, 22, SYN)))))
# 300 bytes of extension headers.
more = struct.pack('!BB', 17, 37) + bytes(302)
add(10, ether(0x86dd, ip6('2001:db8::10', '2001:db8::30', 60, more + udp(9, 9))))
# No length in the header: the frame's, of which the kernel is not shown all.
add(11, ether(0x800, ip4('192.0.2.11', S, 17, udp(1, 2, 972), length=0)))
# Allow-listed.
for i in range(4):
    add(12 + i, ether(0x800, ip4('192.0.2.99', S, 17, udp(3, 4))))
# Not to be classified: ARP, neighbour discovery, a cut header, a contradiction, a runt.
add(16, ether(0x806, bytes(28)))
add(17, ether(0x86dd, ip6('fe80::1', 'ff02::1', 58, bytes([135]) + bytes(23))))
add(18, ether(0x800, there(ACK)[:15]))
add(19, ether(0x800, b'\x44' + there(ACK)[1:]))
add(20, bytes(10))
# An end, and another flow between the same two.
add(21, ether(0x800, there(FIN | ACK)))
add(22, ether(0x800, back(FIN | ACK)))
add(1000, ether(0x800, there(SYN)))
# Silent for so long that it is over.
add(131000, ether(0x86dd, ip6('2001:db8::10', '2001:db8::20', 17, udp(5000, 53))))

def pcap(link, frames):
    data = struct.pack('<IHHiIII', 0xa1b2c3d4, 2, 4, 0, 0, 262144, link)
    ends = [0, len(data)]
    for us, f in frames:
        data += struct.pack('<IIII', us // 10**6, us % 10**6, len(f), len(f)) + f
        ends.append(len(data))
    return data, ends

def pcapng(frames):
    def block(kind, body):
        body += bytes(-len(body) % 4)
        size = 12 + len(body)
        return struct.pack('<II', kind, size) + body + struct.pack('<I', size)
    data = block(0x0a0d0d0a, struct.pack('<IHHq', 0x1a2b3c4d, 1, 0, -1))
    data += block(1, struct.pack('<HHI', 1, 0, 0))
    for us, f in frames:
        data += block(6, struct.pack('<IIIII', 0, us >> 32, us & 0xffffffff, len(f), len(f)) + f)
    return data

def write(name, data):
    with open(os.path.join(out, name), 'wb') as f:
        f.write(data)

data, ends = pcap(1, frames)
write('a.pcap', data)
write('a.pcapng', pcapng(frames))
write('raw.pcap', pcap(101, [(us, f[14:]) for us, f in frames[:4]])[0])
write('wifi.pcap', pcap(105, frames[:1])[0])
write('cut.pcap', data[:ends[5] - 3])
write('empty.pcap', b'')
write('text.pcap', b'this is no capture at all\n')
os.mkdir(os.path.join(out, 'cuts'))
for i in range(ends[5]):                    # every cut but those between two frames is told of
    write('cuts/%04d.pcap' % i, data[:i])
write('complaints', b'%d\n' % len([i for i in range(ends[5]) if i not in ends[1:]]))

# 400 flows of 8 clients at once, whose label is the server's port, back and forth at random.
random.seed(7)
drawn = []
for flow in range(400):
    us, client, sport, port = random.randrange(10**7), random.randrange(1, 9), 20000 + flow, flow % 4
    fast = 10 ** random.uniform(1, 5.5)
    for i in range(random.choice((1, 2, 3, 5, 9, 17, 40))):
        a, b = '192.0.2.%d' % client, '198.51.100.%d' % (port + 1)
        pair, size = (sport, port + 1000), random.randrange(0, 1400)
        if i and random.random() < 0.5:
            a, b, pair = b, a, pair[::-1]
        l4 = tcp(*pair, ACK if i else SYN, size) if port % 2 else udp(*pair, size)
        length = 0 if random.random() < 0.2 else None   # the frame tells
        drawn.append((BASE + us, ether(0x800, ip4(a, b, 6 if port % 2 else 17, l4, 0, length))))
        us += int(random.expovariate(1 / fast))
write('drawn.pcap', pcap(1, sorted(drawn))[0])
PY

cat >"$TMP/rows.py" <<'PY'
import csv, json, sys
names = 'src dst sport dport proto first_us packets class runner_up margin anomaly decided_at action model generation'.split()
whole = 'sport dport proto first_us packets margin anomaly decided_at generation'.split()
rows = [json.loads(line) for line in open(sys.argv[1])]
with open(sys.argv[2]) as f:
    table = list(csv.DictReader(f))
assert len(rows) == len(table) > 0, (len(rows), len(table))
for row, other in zip(rows, table):
    assert list(row) == names, list(row)
    assert all(type(row[n]) is int for n in whole if row[n] is not None), row
    text = {n: '' if v is None else str(v) for n, v in row.items()}
    assert text == other, (text, other)
PY

printf '%s\n' '# what the tests act by' 'class c1 action drop' 'class c1 margin act 100' \
	'allow add 192.0.2.99/32' >"$TMP/policy"
printf '%s\n' 'mode monitor' 'class c1 action drop' 'class c1 margin act 100' \
	'allow add 192.0.2.99/32' >"$TMP/monitor"
printf '%s\n' 'class c1 action limit 100 2' >"$TMP/limit"
printf '%s\n' 'class c1 action mark 7 dscp 8' >"$TMP/mark"
printf '%s\n' 'mode off' >"$TMP/off"
printf '%s\n' 'ask from 1' 'class * margin hard 255' >"$TMP/ask"
printf '%s\n' 'ask from 1' 'class * margin hard 255' 'ask rate 0' >"$TMP/ask-not"
printf '%s\n' 'class c1 action drop' 'class c9 action drop' >"$TMP/bad-policy"
printf 'kind\tattack\tproto\tclient\tserver\tsport_lo\tsport_hi\tport\tt0_us\tt1_us\n%s\n%s\n%s\n' \
	$'c1\t0\ttcp\t192.0.2.10\t*\t0\t65535\t443\t0\t1700000010000000' \
	$'c2\t1\tudp\t2001:db8::10\t*\t0\t65535\t53\t0\t1700000010000000' \
	$'odd\t1\ttcp\t203.0.113.1\t*\t0\t65535\t22\t0\t0' >"$TMP/labels.tsv"
{
	head -n 1 "$TMP/labels.tsv"
	for i in 0 1 2 3; do printf 'c%d\t0\t*\t*\t*\t0\t65535\t100%d\t0\t0\n' $i $i; done
} >"$TMP/drawn.tsv"
python3 "$TMP/make.py" "$TMP"
mkmodel "$TMP/c1.tlml" constant:1
head -c 500 "$TMP/c1.tlml" >"$TMP/cut.tlml"
hash=$(od -An -v -tx1 -j24 -N8 "$TMP/c1.tlml" | tr -d ' ')

replay() { tlml-replay -m "$TMP/c1.tlml" "$@" 2>"$TMP/err" || { cat "$TMP/err" >&2; return 1; }; }

header=src,dst,sport,dport,proto,first_us,packets,class,runner_up,margin,anomaly,decided_at,action,model,generation
row() { # SRC,DST,SPORT,DPORT,PROTO OFFSET-MS PACKETS MARGIN DECIDED-AT ACTION
	echo "$1,$((1700000000000 + $2))000,$3,\"c1\",\"c0\",$4,0,$5,$6,$hash,1"
}
{
	echo "$header"
	row 192.0.2.10,198.51.100.20,40000,443,6 0 6 189 4 drop
	row 192.0.2.10,198.51.100.20,40000,443,6 4 1 63 1 pass
	row 2001:db8::10,2001:db8::20,5000,53,17 5 2 126 2 drop
	row 192.0.2.10,198.51.100.20,0,0,17 7 2 126 2 drop
	row 203.0.113.1,203.0.113.2,1234,22,6 9 1 63 1 pass
	row 2001:db8::10,2001:db8::30,9,9,17 10 1 63 1 pass
	row 192.0.2.11,198.51.100.20,1,2,17 11 1 63 1 pass
	row 192.0.2.99,198.51.100.20,3,4,17 12 4 189 4 pass
	row 192.0.2.10,198.51.100.20,40000,443,6 1000 1 63 1 pass
	row 2001:db8::10,2001:db8::20,5000,53,17 131000 1 63 1 pass
} >"$TMP/want.csv"

rows_are() { # WANTED-FILE ARGS...
	replay --csv "${@:2}" >"$TMP/got.csv"
	diff "$1" "$TMP/got.csv"
}

json_is_csv() {
	replay --json --policy "$TMP/policy" "$TMP/a.pcap" >"$TMP/got.json"
	python3 "$TMP/rows.py" "$TMP/got.json" "$TMP/want.csv"
}

summary_has() { # ARGS... -- LINE...: words of lines of the summary, blanks squeezed
	local args=()
	while [ "$1" != -- ]; do args+=("$1"); shift; done
	shift
	replay "${args[@]}" "$TMP/a.pcap" | tr -s ' ' >"$TMP/text"
	for line; do
		grep -qxF -- " $line" "$TMP/text" || grep -qxF -- "$line" "$TMP/text" ||
			{ echo "no line: $line"; cat "$TMP/text"; return 1; }
	done
}

same_twice() { # with a table in which flows push each other out
	mkmodel "$TMP/random.tlml" random:5
	for name in one two; do
		tlml-replay -m "$TMP/random.tlml" --flows 64 "$TMP/drawn.pcap" >"$TMP/$name" 2>/dev/null
	done
	grep -q 'flows lost their line' "$TMP/one"
	cmp "$TMP/one" "$TMP/two"
}

same_figures() { # MODEL: the trainer's tables never collide, so that this one must be big
	tlml-replay -m "$1" --flows 200000 --labels "$TMP/drawn.tsv" "$TMP/drawn.pcap" 2>/dev/null |
		sed -n 's/^labels: //p;/\\ verdict/,/^  c3/p' >"$TMP/one"
	tlml-train --eval "$1" "$TMP/drawn.pcap" 2>/dev/null |
		sed -n 's/^evaluation: //p;/\\ verdict/,/^  c3/p' >"$TMP/two"
	cat "$TMP/one"
	[ "$(wc -l <"$TMP/one")" = 6 ]
	diff "$TMP/one" "$TMP/two"
}

like_the_trainer() {
	local kind
	for kind in random:2 random:5 random:10 wide:1 wide:7; do
		mkmodel "$TMP/random.tlml" "$kind"
		same_figures "$TMP/random.tlml"
	done
}

for_the_module() { # trained, and beside a small one in a file; the same seed gives the same bytes
	cp "$TMP/drawn.pcap" "$TMP/other.pcap"
	cp "$TMP/drawn.tsv" "$TMP/other.tsv"
	tlml-train -o "$TMP/wide.tlml" --hidden 80,40 --epochs 1 -v "$TMP/other.pcap" "$TMP/drawn.pcap" 2>/dev/null
	tlmlctl model show "$TMP/wide.tlml" | grep -q 'net 32 -> 80 -> 40 -> .* needs the module'
	same_figures "$TMP/wide.tlml"
	mv "$TMP/wide.tlml" "$TMP/first.tlml"
	tlml-train -o "$TMP/wide.tlml" --hidden 80,40 --epochs 1 -v "$TMP/other.pcap" "$TMP/drawn.pcap" 2>/dev/null
	cmp "$TMP/first.tlml" "$TMP/wide.tlml"
	tlml-train -o "$TMP/small.tlml" --epochs 1 -v "$TMP/other.pcap" "$TMP/drawn.pcap" 2>/dev/null
	cat "$TMP/small.tlml" "$TMP/wide.tlml" >"$TMP/both.tlml"
	tlmlctl model show "$TMP/both.tlml" | grep -q "without it the file's net 32 -> 32 -> 16"
	same_figures "$TMP/both.tlml"
}

several() { # the second time over like the first, with the capture named
	replay --csv --policy "$TMP/policy" "$TMP/a.pcap" "$TMP/a.pcapng" >"$TMP/got.csv"
	{
		echo "capture,$header"
		sed "1d;s|^|\"$TMP/a.pcap\",|" "$TMP/want.csv"
		sed "1d;s|^|\"$TMP/a.pcapng\",|" "$TMP/want.csv"
	} | diff - "$TMP/got.csv"
	replay "$TMP/a.pcap" "$TMP/a.pcapng" >"$TMP/text"
	[ "$(grep -c "  $TMP/a.pcapng\$" "$TMP/text")" = 10 ]
}

raw_ip() { # frames without Ethernet headers
	sed -n '1p;2s/,6,"c1","c0",189,0,4,/,4,"c1","c0",189,0,4,/p' "$TMP/want.csv" >"$TMP/want-raw.csv"
	rows_are "$TMP/want-raw.csv" --policy "$TMP/policy" "$TMP/raw.pcap"
}

decided_only() { # with mode off there is no verdict
	replay --csv --policy "$TMP/off" "$TMP/a.pcap" >"$TMP/got.csv"
	[ "$(grep -c ',,,,,,pass,' "$TMP/got.csv")" = 10 ]
	replay --csv --decided --policy "$TMP/off" "$TMP/a.pcap" | diff <(echo "$header") -
}

cut_is_shown() { # what a cut capture holds, and then the sentence
	local rc=0
	tlml-replay -m "$TMP/c1.tlml" --csv "$TMP/cut.pcap" >"$TMP/got.csv" 2>"$TMP/err" || rc=$?
	[ $rc = 1 ]
	grep -q 'cut.pcap: cut or damaged after frame 3' "$TMP/err"
	[ "$(cut -d, -f1-7 "$TMP/got.csv" | tail -n +2)" = \
		192.0.2.10,198.51.100.20,40000,443,6,1700000000000000,3 ]
}

cut_everywhere() {
	local rc=0
	tlml-replay -m "$TMP/c1.tlml" --flows 16 --json "$TMP"/cuts/*.pcap >/dev/null 2>"$TMP/err" || rc=$?
	[ $rc = 1 ]
	grep -c '^tlml-replay: .*/cuts/[0-9]*\.pcap: ' "$TMP/err" | diff "$TMP/complaints" -
}

nothing_written() { # to a full disk
	tlml-replay -m "$TMP/c1.tlml" --csv "$TMP/a.pcap" >/dev/full
}

bare() { setpriv --bounding-set=-bpf,-net_admin,-sys_admin,-perfmon tlml-replay "$@"; }

ktap_plan 32
ktap_ok 'rows are those that the packets and the policy make' rows_are "$TMP/want.csv" --policy "$TMP/policy" "$TMP/a.pcap"
ktap_ok 'pcapng gives the same rows' rows_are "$TMP/want.csv" --policy "$TMP/policy" "$TMP/a.pcapng"
ktap_ok 'monitor mode tells what enforce mode would have done' rows_are "$TMP/want.csv" --policy "$TMP/monitor" "$TMP/a.pcap"
ktap_ok 'raw IP is read' raw_ip
ktap_ok 'JSON lines say what CSV says' json_is_csv
ktap_ok 'the same input gives the same output, evictions included' same_twice
ktap_ok 'several captures start afresh and are named' several
ktap_ok 'flows without a verdict can be left out' decided_only
ktap_ok 'the summary adds up' summary_has --policy "$TMP/policy" -- \
	'25 frames; model generation 1; mode enforce: packets that would have been acted on' \
	'c1 10 20 2920 7 0 0' '(all) 10 20 2920 7 0 0' '1 frames were not IP' \
	'1 frames were too short for an Ethernet header' \
	'1 frames had a header that runs over their end' \
	'1 frames had a header that contradicts itself' \
	'3 packets passed by the allow-list against a verdict'
ktap_ok 'limits are counted' summary_has --policy "$TMP/limit" -- 'c1 10 20 2920 0 8 0'
ktap_ok 'marks are counted' summary_has --policy "$TMP/mark" -- 'c1 10 20 2920 0 0 20'
ktap_ok 'questions are counted' summary_has --policy "$TMP/ask" -- \
	'10 times the large model would have been asked about a flow'
ktap_ok 'questions over their budget are counted' summary_has --policy "$TMP/ask-not" -- \
	'16 times it would not have been: over the budget of them all'
ktap_ok 'a table too small says so' summary_has --flows 2 -- '(all) 10 20 2920 0 0 0' \
	'9 packets of new flows found no line: more --flows would help'
ktap_ok 'verdicts are compared with labels' summary_has --policy "$TMP/policy" --labels "$TMP/labels.tsv" -- \
	'labels: 4 flows, macro-F1 0.4286, accuracy 0.7500' 'c1 3 0.7500 1.0000 0.8571' \
	'c2 1 0.0000 0.0000 0.0000' 'c1 0 3 0 0 0' 'c2 0 1 0 0 0' \
	'benign: 1 of 3 flows had packets dropped or limited, 5 packets' \
	'attack: 1 of 2 flows had packets dropped or limited, 1 packets' \
	'1 labelled flows are of kinds that the model does not know' '5 flows have no label'
ktap_ok 'drawn traffic gets the verdicts that the trainer gives it' like_the_trainer
ktap_ok 'a net for the module is trained, and computed' for_the_module
ktap_ok 'the built-in model works' tlml-replay --json "$TMP/a.pcap"
ktap_ok 'a cut capture shows its whole frames and fails' cut_is_shown
ktap_ok 'a cut at any byte is told of, and the next capture run' cut_everywhere
ktap_refuse 'an empty file' 'empty.pcap: is empty' tlml-replay -m "$TMP/c1.tlml" "$TMP/empty.pcap"
ktap_refuse 'a text file' 'text.pcap: not a capture' tlml-replay -m "$TMP/c1.tlml" "$TMP/text.pcap"
ktap_refuse 'a missing file' 'nope.pcap: cannot open' tlml-replay -m "$TMP/c1.tlml" "$TMP/nope.pcap"
ktap_refuse 'a folder' 'is a directory' tlml-replay -m "$TMP/c1.tlml" "$TMP"
ktap_refuse 'another link type' 'wifi.pcap: frames are IEEE802_11, not Ethernet' tlml-replay -m "$TMP/c1.tlml" "$TMP/wifi.pcap"
ktap_refuse 'no capture' 'name at least one capture' tlml-replay
ktap_refuse 'two forms' 'choose one' tlml-replay --json --csv "$TMP/a.pcap"
ktap_refuse 'a table of no flows' "--flows is '0'" tlml-replay --flows 0 "$TMP/a.pcap"
ktap_refuse 'a truncated model' 'cut.tlml: truncated' tlml-replay -m "$TMP/cut.tlml" "$TMP/a.pcap"
ktap_refuse 'a class that the model does not have' 'bad-policy.*2.*c9' tlml-replay -m "$TMP/c1.tlml" --policy "$TMP/bad-policy" "$TMP/a.pcap"
ktap_refuse 'missing privileges' 'CAP_BPF' bare -m "$TMP/c1.tlml" "$TMP/a.pcap"
ktap_refuse 'output that cannot be written' 'cannot write all' nothing_written
