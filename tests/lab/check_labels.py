#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Flows per kind of a labelled capture: check_labels.py CAPTURE.pcap LABELS.tsv [-v]

Exit 1 when a TCP or UDP flow has no label or several, 2 when a file cannot be read.
"""
import collections
import ipaddress
import struct
import sys

HEADER = "kind attack proto client server sport_lo sport_hi port t0_us t1_us".split()
NAMES = {1: "icmp", 6: "tcp", 17: "udp", 58: "icmp"}
Flow = collections.namedtuple("Flow", "proto client server sport port first")


def fail(message):
    """A bad file or command line: one sentence, exit code 2."""
    print(f"check_labels: {message}", file=sys.stderr)
    raise SystemExit(2)


def packets(path):
    """Yields (microseconds, true length, bytes) of an Ethernet pcap file."""
    with open(path, "rb") as file:
        head = file.read(24)
        if len(head) < 24 or head[:4] not in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1"):
            fail(f"{path}: not a little-endian pcap file")
        scale = 1000 if head[0] == 0x4D else 1
        if struct.unpack("<I", head[20:])[0] != 1:
            fail(f"{path}: not an Ethernet capture")
        while record := file.read(16):
            sec, frac, kept, true = struct.unpack("<IIII", record.ljust(16, b"\0"))
            data = file.read(kept)
            if len(record) < 16 or len(data) < kept:
                fail(f"{path}: cut off in the packet before byte {file.tell()}: record it again")
            yield sec * 1000000 + frac // scale, true, data


def parse(data):
    """(proto, source, destination, source port, destination port) or None for what is not IP."""
    kind = data[12:14]
    if kind == b"\x08\x00" and len(data) >= 34:
        proto, at = data[23], 14 + (data[14] & 15) * 4
        ends = data[26:30], data[30:34]
    elif kind == b"\x86\xdd" and len(data) >= 54:
        proto, at = data[20], 54
        ends = data[22:38], data[38:54]
    else:
        return None
    ports = struct.unpack_from("!HH", data, at) if proto in (6, 17) and len(data) >= at + 4 else (0, 0)
    return (proto, *ends, *ports)


def labels(path):
    """The rules of a label file, by client address."""
    rules = collections.defaultdict(list)
    with open(path, encoding="ascii") as file:
        if file.readline().rstrip("\n").split("\t") != HEADER:
            fail(f"{path}: line 1 is not the header {' '.join(HEADER)}")
        for number, line in enumerate(file, 2):
            row = dict(zip(HEADER, line.rstrip("\n").split("\t")))
            if len(row) != len(HEADER):
                fail(f"{path}: line {number}: {len(row)} columns, not {len(HEADER)}")
            for side in ("client", "server"):
                if row[side] != "*":
                    row[side] = ipaddress.ip_address(row[side]).packed
            for name in ("sport_lo", "sport_hi", "t0_us", "t1_us"):
                row[name] = int(row[name])
            rules[row["client"]].append(row)
    return rules


def kinds_of(flow, rules):
    """Names of all kinds whose rules match a flow."""
    return {row["kind"] for row in rules[flow.client] + rules["*"]
            if row["proto"] in ("*", flow.proto) and row["server"] in ("*", flow.server)
            and row["port"] in ("*", str(flow.port)) and row["sport_lo"] <= flow.sport <= row["sport_hi"]
            and row["t0_us"] <= flow.first and (not row["t1_us"] or flow.first <= row["t1_us"])}


def flows_of(path):
    """Flow -> [packets, bytes, last time] by first packet seen; and how many frames were not IP."""
    flows, keys, other = {}, {}, 0
    for when, true, data in packets(path):
        parsed = parse(data)
        if parsed is None:
            other += 1
            continue
        proto, src, dst, sport, dport = parsed
        key = (proto, *sorted(((src, sport), (dst, dport))))
        if key not in keys:
            keys[key] = Flow(NAMES.get(proto, str(proto)), src, dst, sport, dport, when)
            flows[keys[key]] = [0, 0, when]
        seen = flows[keys[key]]
        seen[0] += 1
        seen[1] += true
        seen[2] = when
    return flows, other


def median(values):
    """Middle value of a list."""
    return sorted(values)[len(values) // 2] if values else 0


def report(flows, rules, verbose):
    """Prints the table; returns how many TCP and UDP flows are not labelled exactly once."""
    table, bad = collections.defaultdict(list), []
    for flow, seen in flows.items():
        kinds = kinds_of(flow, rules)
        name = next(iter(kinds)) if len(kinds) == 1 else "(several)" if kinds else "(none)"
        if len(kinds) != 1:
            if flow.proto not in ("tcp", "udp"):
                name = "(other)"
            else:
                bad.append((flow, kinds))
        table[name].append((flow, seen))
    print(f"{'kind':<10} {'flows':>6} {'>=4 pkts':>8} {'packets':>8} {'kB':>8} {'med.pkts':>8} {'med.ms':>7}")
    for name, rows in sorted(table.items()):
        count = [seen[0] for _, seen in rows]
        print(f"{name:<10} {len(rows):>6} {sum(n >= 4 for n in count):>8} {sum(count):>8} "
              f"{sum(seen[1] for _, seen in rows) // 1000:>8} {median(count):>8} "
              f"{median([(seen[2] - flow.first) // 1000 for flow, seen in rows]):>7}")
    for flow, kinds in bad if verbose else bad[:5]:
        print(f"  {flow.proto} {ipaddress.ip_address(flow.client)}:{flow.sport} -> "
              f"{ipaddress.ip_address(flow.server)}:{flow.port}: {' '.join(sorted(kinds)) or 'no label'}")
    return len(bad)


def main(args):
    """Command line."""
    verbose = "-v" in args
    args = [arg for arg in args if arg != "-v"]
    if len(args) != 2:
        fail("usage: check_labels.py CAPTURE.pcap LABELS.tsv [-v]")
    try:
        flows, other = flows_of(args[0])
        bad = report(flows, labels(args[1]), verbose)
    except (OSError, ValueError) as error:
        fail(f"{args[0]}, {args[1]}: {error}")
    print(f"{len(flows)} flows, {bad} TCP/UDP flows without exactly one label, {other} frames not IP")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
