#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""How many flows both models know: ask_cases.py SOCKET CASES.csv
CASES.csv is of `tlml-train --export-cases`, at the socket listens tlml-large. Prints a line for each
kind of traffic: its name, its flows, of how many the tiny model and the large one are right.
"""
import collections
import csv
import http.client
import json
import socket
import sys

SHAPES = {"features": [32], "packets": [32, 3], "flow": [8]}
MOST = 512  # flows in a request


def ask(path, rows):
    """The large model's class of each row."""
    link = http.client.HTTPConnection("localhost", timeout=60)
    link.sock = socket.socket(socket.AF_UNIX)
    link.sock.connect(path)
    link.request("GET", "/v2/models/tlml")
    meta = json.loads(link.getresponse().read())
    inputs = []
    for tensor in meta["inputs"]:
        columns = [name for name in rows[0] if name.rpartition("_")[0] == tensor["name"]]
        inputs.append({"name": tensor["name"], "datatype": "FP32", "shape": [len(rows), *SHAPES[tensor["name"]]],
                       "data": [float(row[name]) for row in rows for name in columns]})
    link.request("POST", "/v2/models/tlml/infer", json.dumps({"inputs": inputs}))
    output = json.loads(link.getresponse().read())["outputs"][0]
    classes = meta["outputs"][0]["parameters"]["classes"]
    some = [output["data"][at:at + len(classes)] for at in range(0, len(output["data"]), len(classes))]
    return [classes[max(range(len(one)), key=one.__getitem__)] for one in some]


def main(path, cases):
    """Command line."""
    with open(cases, encoding="ascii") as file:
        last = {(row["capture"], row["flow"]): row for row in csv.DictReader(file) if row["asked"] == "1"}
    rows, said = list(last.values()), []
    for at in range(0, len(rows), MOST):
        said += ask(path, rows[at:at + MOST])
    table = collections.defaultdict(collections.Counter)
    for row, large in zip(rows, said):
        table[row["label"]].update(flows=1, tiny=row["class"] == row["label"], large=large == row["label"])
    for kind, count in sorted(table.items()):
        print(kind, count["flows"], count["tiny"], count["large"])


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
