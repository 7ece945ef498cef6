#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""A teacher of boosted trees: boosted.py -o MODEL.ubj --report STEM CASES.csv [MORE.csv...]

Learns from the cases of tlml-train --export-cases, and reports what asking it is worth on the held-out
captures of the first file. The others are of later asking points: flows are asked about at any decision
from packet 8 on. Trees see the inputs of daemon/case.h flattened and joined: features, packets, flow.
"""
import argparse
import os
import shlex
import sys

import xgboost

import cases
import judge

ROUNDS = 100
PATIENCE = 15  # rounds without a better loss on validation
THREADS = 2  # sums depend on it in their last bits
OPTIONS = {
    "objective": "multi:softprob", "eval_metric": "mlogloss", "tree_method": "hist", "max_depth": 4, "eta": 0.25,
    "min_child_weight": 10, "gamma": 1, "subsample": 0.5, "colsample_bytree": 0.3, "nthread": THREADS,
}


def matrix(rows, classes, weighted=False):
    """Rows as the booster takes them."""
    labels = rows["label"].map({name: i for i, name in enumerate(classes)}).to_numpy()
    return xgboost.DMatrix(rows[cases.INPUTS].to_numpy(), label=labels,
                           weight=cases.weights(labels, len(classes)) if weighted else None)


def train(rows, seed):
    """A booster that knows its classes."""
    known = cases.learned(rows, "train")
    classes = sorted(known["label"].unique())
    choose = cases.learned(rows, "validate")
    choose = choose[choose["label"].isin(classes)]
    booster = xgboost.train({**OPTIONS, "num_class": len(classes), "seed": seed}, matrix(known, classes, True), ROUNDS,
                            evals=[(matrix(choose, classes), "validate")], early_stopping_rounds=PATIENCE,
                            verbose_eval=20)
    booster = booster[:booster.best_iteration + 1]
    booster.set_attr(tlml_classes=",".join(classes))
    return booster, classes


def main(args):
    """Command line, parsed."""
    first, rows = cases.read_all(args.cases)
    booster, classes = train(rows, args.seed)
    booster.save_model(args.output)
    report = {
        "teacher": "boosted trees", "model": args.output, "bytes": os.path.getsize(args.output), "seed": args.seed,
        "command": shlex.join(sys.argv), "xgboost": xgboost.__version__, "options": OPTIONS,
        "rounds": booster.num_boosted_rounds(), "classes": classes,
        "learned_rows": len(cases.learned(rows, "train")), "data": cases.manifest(first),
        "held_out": judge.judge(first, classes, lambda rows: booster.inplace_predict(rows[cases.INPUTS].to_numpy())),
    }
    judge.write(report, args.report)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-o", "--output", metavar="MODEL.ubj", required=True)
    parser.add_argument("--report", metavar="STEM", required=True, help="writes STEM.json and STEM.md")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("cases", metavar="CASES.csv", nargs="+")
    try:
        main(parser.parse_args())
    except cases.Unusable as unusable:
        sys.exit(f"boosted.py: {unusable}")
