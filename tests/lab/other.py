#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Benign traffic from elsewhere for train.sh: other.py CORPUS OUTDIR

The lab knows nine benign kinds, the world has more, and a model that must call everything one of
its classes calls much of it an attack. CORPUS has flows.tsv.gz, a table of flows of captures. Links
to the captures with benign flows and label files for them go to OUTDIR/other, in parts by the
table's own split. Protocols that the lab has are called as there, all else is called "other".
"""
import collections
import csv
import gzip
import pathlib
import sys
import zlib

HEADER = "kind\tattack\tproto\tclient\tserver\tsport_lo\tsport_hi\tport\tt0_us\tt1_us\n"
PROTOCOLS = {"6": "tcp", "17": "udp"}
KINDS = {"NTP": "ntp", "MQTT": "mqtt", "COAP": "coap", "SSH": "ssh"}
APPLICATIONS = {"web", "stream", "file", "voip"}  # classes of the table that are surely benign use
DOUBTFUL = {"bad-dns-traffic.pcap"}  # called benign for want of a rule; its names carry data
VALIDATE_ONE_IN = 6


def kind_of(row):
    """Kind of a flow, or None where the table does not say for sure."""
    protocol = row["label"].upper().split(".")[0]
    if row["attack"] != "benign" or row["proto"] not in PROTOCOLS:
        return None
    if protocol == "DNS":
        return "dns" if "53" in (row["sport"], row["dport"]) else None
    if protocol in KINDS:
        return KINDS[protocol]
    return "other" if row["class"] in APPLICATIONS and protocol != "BITTORRENT" else None


def part_of(name, rows):
    """train, validate or test: what the table keeps from training is for testing."""
    splits = collections.Counter(row["app_split"] or row["atk_split"] for row, _ in rows)
    if splits.most_common(1)[0][0] != "train":
        return "test"
    return "train" if zlib.crc32(name.encode()) % VALIDATE_ONE_IN else "validate"


def main(corpus, out):
    """Command line."""
    captures = collections.defaultdict(list)
    with gzip.open(corpus / "flows.tsv.gz", "rt", encoding="utf-8") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            kind = kind_of(row)
            if kind and row["pcap"].rsplit("/", 1)[-1] not in DOUBTFUL:
                captures[row["pcap"]].append((row, kind))
    out.mkdir(parents=True, exist_ok=True)
    count = collections.Counter()
    for number, (name, rows) in enumerate(sorted(captures.items())):
        part = part_of(name, rows)
        stem = out / f"{part}-{number}"
        link = stem.with_suffix(".pcap")
        link.unlink(missing_ok=True)
        link.symlink_to((corpus / name).resolve())
        with open(stem.with_suffix(".tsv"), "w", encoding="ascii") as file:
            file.write(HEADER)
            for row, kind in rows:
                file.write("\t".join((kind, "0", PROTOCOLS[row["proto"]], row["sip"], row["dip"], row["sport"],
                                      row["sport"], row["dport"], "0", "0")) + "\n")
                count[part, kind] += 1
    for (part, kind), flows in sorted(count.items()):
        print(f"{part:<9} {kind:<6} {flows:>6} flows")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    try:
        main(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]) / "other")
    except (OSError, KeyError, zlib.error) as error:
        sys.exit(f"other.py: {sys.argv[1]}: {error!r}: name a folder with the corpus' flows.tsv.gz")
