#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Captures of a research corpus for teach.sh: corpus.py CORPUS OUTDIR

CORPUS has flows.tsv.gz, a table of flows of captures with a class and a fold. Links to the captures
and label files for them go to OUTDIR, as train-N, validate-N or test-N: fold 1 is the test, 4 for
validation, 2 and 3 to learn from. A fold is made of whole groups, so of whole captures.
"""
import collections
import csv
import gzip
import pathlib
import sys
import zlib

HEADER = "kind\tattack\tproto\tclient\tserver\tsport_lo\tsport_hi\tport\tt0_us\tt1_us\n"
PARTS = {"1": "test", "2": "train", "3": "train", "4": "validate"}


def rule_of(row):
    """The line of a label file that says what this flow is."""
    return "\t".join((row["class"], "0", row["proto"], row["sip"], row["dip"], row["sport"], row["sport"],
                      row["dport"], row["t_first_us"], row["t_last_us"])) + "\n"


def main(corpus, out):
    """Command line."""
    captures = collections.defaultdict(list)
    parts = {}
    with gzip.open(corpus / "flows.tsv.gz", "rt", encoding="utf-8") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            if not row["class"] or row["app_fold"] not in PARTS:
                continue
            captures[row["pcap"]].append(rule_of(row))
            if parts.setdefault(row["pcap"], PARTS[row["app_fold"]]) != PARTS[row["app_fold"]]:
                raise ValueError(f"{row['pcap']} is in two folds")
    out.mkdir(parents=True, exist_ok=True)
    count = collections.Counter()
    for number, (name, rules) in enumerate(sorted(captures.items())):
        stem = out / f"{parts[name]}-{number}"
        link = stem.with_suffix(".pcap")
        link.unlink(missing_ok=True)
        link.symlink_to((corpus / name).resolve())
        stem.with_suffix(".tsv").write_text(HEADER + "".join(rules), encoding="ascii")
        count[parts[name], "captures"] += 1
        count[parts[name], "flows"] += len(rules)
    for (part, what), number in sorted(count.items()):
        print(f"{part:<9} {what:<8} {number:>6}")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    try:
        main(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]))
    except (OSError, KeyError, ValueError, zlib.error) as error:
        sys.exit(f"corpus.py: {sys.argv[1]}: {error!r}: name a folder with the corpus' flows.tsv.gz")
