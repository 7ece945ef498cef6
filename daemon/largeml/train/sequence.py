#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""A teacher that reads packets: sequence.py -o MODEL.onnx --report STEM CASES.csv [MORE.csv...]

A small transformer over a flow's first 32 packets, each a size, a gap and a direction, and over what
the tiny model saw. Files and report are as for boosted.py.
"""
import argparse
import copy
import io
import os
import shlex
import sys

import numpy
import onnx
import threadpoolctl
import torch

import cases
import judge

WIDTH, HEADS, LAYERS, PACKETS = 64, 4, 2, 32
BATCH, RATE, DROPOUT = 256, 2e-3, 0.1
JITTER = 3  # steps of a quarter octave, either way, that gaps are moved by: paces differ
THREADS = 1  # sums depend on it in their last bits


class Block(torch.nn.Module):
    """Attention and a feed-forward net, in operations that every ONNX runtime has."""

    def __init__(self):
        super().__init__()
        self.norm1, self.norm2 = torch.nn.LayerNorm(WIDTH), torch.nn.LayerNorm(WIDTH)
        self.query, self.key, self.value, self.out = (torch.nn.Linear(WIDTH, WIDTH) for _ in range(4))
        self.feed = torch.nn.Sequential(torch.nn.Linear(WIDTH, 2 * WIDTH), torch.nn.ReLU(),
                                        torch.nn.Linear(2 * WIDTH, WIDTH))
        self.drop = torch.nn.Dropout(DROPOUT)

    @staticmethod
    def heads(x):
        """[batch, tokens, width] to [batch, heads, tokens, width / heads]."""
        return x.reshape(x.shape[0], x.shape[1], HEADS, WIDTH // HEADS).transpose(1, 2)

    def forward(self, x, unseen):
        """unseen: large and negative where there is no packet."""
        y = self.norm1(x)
        scores = self.heads(self.query(y)) @ self.heads(self.key(y)).transpose(2, 3)
        mixed = torch.softmax(scores * (WIDTH // HEADS) ** -0.5 + unseen, 3) @ self.heads(self.value(y))
        x = x + self.drop(self.out(mixed.transpose(1, 2).reshape(x.shape)))
        return x + self.drop(self.feed(self.norm2(x)))


class Reader(torch.nn.Module):
    """Probabilities of classes from features [batch, 32] and up to 32 packets [batch, n, 3], uint8."""

    def __init__(self, classes):
        super().__init__()
        self.features, self.packet = (
            torch.nn.Sequential(torch.nn.Linear(values, WIDTH), torch.nn.ReLU(), torch.nn.Linear(WIDTH, WIDTH))
            for values in (cases.SIZES["features"], 4))
        self.drop = torch.nn.Dropout(DROPOUT)
        self.place = torch.nn.Parameter(torch.randn(PACKETS, WIDTH) * 0.02)
        self.blocks = torch.nn.ModuleList(Block() for _ in range(LAYERS))
        self.norm = torch.nn.LayerNorm(WIDTH)
        self.last = torch.nn.Linear(WIDTH, classes)

    def logits(self, features, packets):
        """The flow's own token comes first and gathers what the packets say."""
        codes = packets.float()
        size, gap, way = codes[:, :, :1] / 62, codes[:, :, 1:2] / 127, codes[:, :, 2:]
        tokens = self.packet(torch.cat([size, gap, (way == 1).float(), (way == 2).float()], 2))
        own = self.features(self.drop(features.float() / 127)).unsqueeze(1)
        x = torch.cat([own, tokens + self.place[:packets.shape[1]]], 1)
        unseen = torch.cat([own[:, :, 0] * 0, (way[:, :, 0] == 0).float() * -1e4], 1).unsqueeze(1).unsqueeze(1)
        for block in self.blocks:
            x = block(x, unseen)
        return self.last(self.norm(x[:, 0]))

    def forward(self, features, packets):
        """As it is served."""
        return torch.softmax(self.logits(features, packets), 1)


def tensors(rows):
    """Both inputs of rows."""
    values = torch.from_numpy(rows[cases.INPUTS].to_numpy()[:, :-cases.SIZES["flow"]].astype(numpy.uint8))
    return values[:, :cases.SIZES["features"]], values[:, cases.SIZES["features"]:].reshape(-1, PACKETS, 3)


def numbers(rows, classes):
    """Labels as indices."""
    return rows["label"].map({name: i for i, name in enumerate(classes)}).to_numpy()


def batches(known):
    """Rows to take together, in no order; those with few packets apart, which saves work: n, indices."""
    out = []
    for least, most in ((0, cases.LINE), (cases.LINE + 1, PACKETS)):
        rows = torch.from_numpy(numpy.flatnonzero(known["packets"].between(least, most)))
        out += [(most, some) for some in rows[torch.randperm(len(rows))].split(BATCH)]
    return [out[i] for i in torch.randperm(len(out))]


def moved(packets):
    """The same packets at another pace."""
    out = packets.clone()
    step = torch.randint(-JITTER, JITTER + 1, (len(out), 1)) + torch.randint(-1, 2, out.shape[:2])
    out[:, :, 1] = torch.where(out[:, :, 1] > 0, (out[:, :, 1].int() + step).clamp(0, 127), 0).byte()
    return out


def loss_of(model, inputs, labels):
    """Mean over rows that are not learned from."""
    model.eval()
    with torch.no_grad():
        parts = [torch.nn.functional.cross_entropy(model.logits(*(x[at:at + 1024] for x in inputs)),
                                                   labels[at:at + 1024], reduction="sum")
                 for at in range(0, len(labels), 1024)]
    model.train()
    return float(sum(parts)) / len(labels)


def predict(model, inputs):
    """Probabilities as a numpy array."""
    model.eval()
    with torch.no_grad():
        return torch.cat([model(*(x[at:at + 1024] for x in inputs)) for at in range(0, len(inputs[0]), 1024)]).numpy()


def train(rows, seed, epochs):
    """The best of its epochs by the loss on validation."""
    known = cases.learned(rows, "train")
    classes = sorted(known["label"].unique())
    choose = cases.learned(rows, "validate")
    choose = choose[choose["label"].isin(classes)]
    labels = numbers(known, classes)
    weights = torch.from_numpy(cases.weights(labels, len(classes)))
    labels, inputs = torch.from_numpy(labels), tensors(known)
    check = tensors(choose), torch.from_numpy(numbers(choose, classes))
    torch.manual_seed(seed)
    model = Reader(len(classes))
    steps = epochs * len(batches(known))
    optimizer = torch.optim.AdamW(model.parameters(), RATE, weight_decay=0.05)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=steps)
    best, least = None, numpy.inf
    for epoch in range(epochs):
        for packets, some in batches(known):
            logits = model.logits(inputs[0][some], moved(inputs[1][some, :packets]))
            losses = torch.nn.functional.cross_entropy(logits, labels[some], reduction="none", label_smoothing=0.02)
            optimizer.zero_grad()
            (losses * weights[some]).mean().backward()
            optimizer.step()
            schedule.step()
        loss = loss_of(model, *check)
        print(f"epoch {epoch + 1} of {epochs}: loss on validation {loss:.4f}", flush=True)
        if loss < least:
            best, least = copy.deepcopy(model), loss
    return best, classes


def export(model, classes, path):
    """Writes ONNX with the class names, whole or not at all."""
    model.eval()
    out = io.BytesIO()
    dummy = torch.zeros(2, cases.SIZES["features"], dtype=torch.uint8), torch.zeros(2, PACKETS, 3, dtype=torch.uint8)
    torch.onnx.export(model, dummy, out, opset_version=17, input_names=["features", "packets"],
                      output_names=["probabilities"],
                      dynamic_axes={name: {0: "flows"} for name in ("features", "packets", "probabilities")})
    made = onnx.load_from_string(out.getvalue())
    onnx.helper.set_model_props(made, {"tlml_classes": ",".join(classes)})
    onnx.checker.check_model(made, full_check=True)
    onnx.save(made, path)


def main(args):
    """Command line, parsed."""
    torch.set_num_threads(THREADS)
    torch.use_deterministic_algorithms(True)
    first, rows = cases.read_all(args.cases)
    rows = rows[rows["group"] != args.leave_out]
    with threadpoolctl.threadpool_limits(THREADS):
        model, classes = train(rows, args.seed, args.epochs)
    export(model, classes, args.output)
    report = {
        "teacher": "packet-sequence transformer", "model": args.output, "bytes": os.path.getsize(args.output),
        "seed": args.seed, "command": shlex.join(sys.argv), "torch": torch.__version__,
        "options": {"width": WIDTH, "heads": HEADS, "layers": LAYERS, "epochs": args.epochs, "batch": BATCH,
                    "rate": RATE, "parameters": sum(p.numel() for p in model.parameters())},
        "classes": classes, "learned_rows": len(cases.learned(rows, "train")), "data": cases.manifest(first),
        "held_out": judge.judge(first, classes, lambda rows: predict(model, tensors(rows))),
    }
    judge.write(report, args.report)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-o", "--output", metavar="MODEL.onnx", required=True)
    parser.add_argument("--report", metavar="STEM", required=True, help="writes STEM.json and STEM.md")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--epochs", type=int, default=14)
    parser.add_argument("--leave-out", metavar="FOLDER", help="learn nothing from captures in a folder of this name")
    parser.add_argument("cases", metavar="CASES.csv", nargs="+")
    try:
        main(parser.parse_args())
    except cases.Unusable as unusable:
        sys.exit(f"sequence.py: {unusable}")
