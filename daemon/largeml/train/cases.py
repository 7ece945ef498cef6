# SPDX-License-Identifier: BSD-2-Clause
"""What the teachers share: cases as tlml-train --export-cases writes them, and where they are from."""
import hashlib
import pathlib

import numpy
import pandas

SIZES = {"features": 32, "packets": 96, "flow": 8}  # values of each input of daemon/case.h
INPUTS = [f"{name}_{i}" for name, size in SIZES.items() for i in range(size)]
LINE = 8  # packets that the ring's first record tells; rows with more are asked about once more


class Unusable(Exception):
    """A sentence about what is wrong with a file."""


def read(path):
    """The rows of a file, with numbers as float32."""
    types = {name: numpy.float32 for name in INPUTS}
    try:
        rows = pandas.read_csv(path, dtype=types)
    except (OSError, ValueError) as error:
        raise Unusable(f"{path}: {error}: write it with tlml-train --export-cases") from error
    missing = set(INPUTS + ["capture", "split", "flow", "label", "asked", "packets", "sure"]) - set(rows)
    if missing or rows.empty:
        raise Unusable(f"{path}: no cases in it: write it with tlml-train --export-cases")
    rows["group"] = [pathlib.PurePath(path).parent.name for path in rows["capture"]]
    return rows


def read_all(paths):
    """The cases to judge by, and all that may be learned from: those of later asking points, too."""
    first = read(paths[0])
    return first, pandas.concat([first] + [read(path) for path in paths[1:]], ignore_index=True)


def learned(rows, split):
    """Rows of a split that were asked about, once or again."""
    out = rows[(rows["split"] == split) & (rows["asked"] == 1)]
    if out.empty:
        raise Unusable(f"no flow to {split} with reaches the packet at which flows are asked about")
    return out


def weights(labels, classes):
    """Of each row: small classes count, large ones still count more."""
    counts = numpy.bincount(labels, minlength=classes)
    out = 1 / numpy.sqrt(counts[labels])
    return (out / out.mean()).astype(numpy.float32)


def digest(paths):
    """One hash of files: of their hashes, in the order of their names."""
    total = hashlib.sha256()
    for path in sorted(paths):
        total.update(hashlib.sha256(pathlib.Path(path).read_bytes()).digest())
    return total.hexdigest()


def manifest(rows):
    """Where the first file's cases are from: counts, and a hash over captures and label files."""
    out = []
    for (group, split), part in rows.groupby(["group", "split"]):
        captures = part["capture"].unique()
        files = [file for path in captures for file in (path, pathlib.PurePath(path).with_suffix(".tsv"))]
        flows = part[part["packets"] <= LINE]
        out.append({"folder": group, "split": split, "captures": len(captures), "flows": len(flows),
                    "asked": int(flows["asked"].sum()), "sha256": digest(map(str, files))})
    return out
