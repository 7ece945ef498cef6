#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The anchor of a teacher: anchor.py -o MODEL.cases --classes-of MODEL.ubj CASES.csv [MORE.csv...]

Cases that travel with the model (daemon/largeml/rehearsal.h): rehearsed ones, of captures that it learned from, hold
on to what it knows when labels teach it more on the box; golden ones, of captures to validate on, judge that.
"""
import argparse
import hashlib
import struct
import sys
import zlib

import numpy
import pandas
import xgboost

import cases

KIND = b"tlmlcas1"
PARTS = (("train", 200), ("validate", 150))  # which captures, and how many cases of each class at most
NAME, CLASSES = 16, 16  # TLML_NAME_MAX, TLML_CLASSES_MAX


def choose(rows, classes, seed):
    """Cases of each part, labels as numbers."""
    for part, (split, most) in enumerate(PARTS):
        known = cases.learned(rows, split)
        for label, name in enumerate(classes):
            of_class = known[known["label"] == name]
            yield of_class.sample(min(most, len(of_class)), random_state=seed).assign(part=part, number=label)


def encode(rows, classes):
    """The file's data: classes, then what compresses well: a column of all cases after the other."""
    head = struct.pack("<II", len(rows), len(classes))
    head += b"".join(name.encode("ascii").ljust(NAME, b"\0") for name in classes).ljust(NAME * CLASSES, b"\0")
    octets = cases.SIZES["features"] + cases.SIZES["packets"]
    inputs = rows[cases.INPUTS].to_numpy()
    columns = numpy.column_stack([rows[["part", "number"]].to_numpy(), inputs[:, :octets]]).astype(numpy.uint8)
    numbers = inputs[:, octets:].astype("<f4")
    return head + zlib.compress(columns.T.tobytes() + numbers.T.tobytes(), 9)


def main(args):
    """Command line, parsed."""
    booster = xgboost.Booster(model_file=args.classes_of)
    classes = booster.attr("tlml_classes").split(",")
    _, rows = cases.read_all(args.cases)
    data = encode(pandas.concat(choose(rows, classes, args.seed), ignore_index=True), classes)
    head = KIND + struct.pack("<Q", len(data))
    with open(args.output, "wb") as file:
        file.write(head + data + hashlib.blake2b(head + data, digest_size=32).digest())


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-o", "--output", metavar="MODEL.cases", required=True)
    parser.add_argument("--classes-of", metavar="MODEL.ubj", required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("cases", metavar="CASES.csv", nargs="+")
    try:
        main(parser.parse_args())
    except cases.Unusable as unusable:
        sys.exit(f"anchor.py: {unusable}")
