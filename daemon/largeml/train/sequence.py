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
BATCH, RATE = 256, 2e-3
THREADS = 1  # sums depend on it in their last bits


class Block(torch.nn.Module):
    """Attention and a feed-forward net, in operations that every ONNX runtime has."""

    def __init__(self):
        super().__init__()
        self.norm1, self.norm2 = torch.nn.LayerNorm(WIDTH), torch.nn.LayerNorm(WIDTH)
        self.query, self.key, self.value, self.out = (torch.nn.Linear(WIDTH, WIDTH) for _ in range(4))
        self.feed = torch.nn.Sequential(torch.nn.Linear(WIDTH, 2 * WIDTH), torch.nn.ReLU(),
                                        torch.nn.Linear(2 * WIDTH, WIDTH))

    def heads(self, x):
        """[batch, tokens, width] to [batch, heads, tokens, width / heads]."""
        return x.reshape(-1, PACKETS + 1, HEADS, WIDTH // HEADS).transpose(1, 2)

    def forward(self, x, unseen):
        """unseen: large and negative where there is no packet."""
        y = self.norm1(x)
        scores = self.heads(self.query(y)) @ self.heads(self.key(y)).transpose(2, 3)
        mixed = torch.softmax(scores * (WIDTH // HEADS) ** -0.5 + unseen, 3) @ self.heads(self.value(y))
        x = x + self.out(mixed.transpose(1, 2).reshape(-1, PACKETS + 1, WIDTH))
        return x + self.feed(self.norm2(x))


class Reader(torch.nn.Module):
    """Probabilities of classes from features [batch, 32] and packets [batch, 32, 3], uint8."""

    def __init__(self, classes):
        super().__init__()
        self.features = torch.nn.Sequential(torch.nn.Linear(cases.SIZES["features"], WIDTH), torch.nn.ReLU(),
                                            torch.nn.Linear(WIDTH, WIDTH))
        self.size, self.gap, self.way = (torch.nn.Embedding(256, WIDTH) for _ in range(3))
        self.place = torch.nn.Parameter(torch.randn(PACKETS, WIDTH) * 0.02)
        self.blocks = torch.nn.ModuleList(Block() for _ in range(LAYERS))
        self.norm = torch.nn.LayerNorm(WIDTH)
        self.last = torch.nn.Linear(WIDTH, classes)

    def logits(self, features, packets):
        """The flow's own token comes first and gathers what the packets say."""
        codes = packets.long()
        tokens = self.size(codes[:, :, 0]) + self.gap(codes[:, :, 1]) + self.way(codes[:, :, 2]) + self.place
        x = torch.cat([self.features(features.float() / 127).unsqueeze(1), tokens], 1)
        seen = torch.cat([torch.ones_like(codes[:, :1, 2]), codes[:, :, 2]], 1) > 0
        unseen = ((~seen).float() * -1e4).unsqueeze(1).unsqueeze(1)
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
    steps = epochs * -(-len(labels) // BATCH)
    optimizer = torch.optim.AdamW(model.parameters(), RATE, weight_decay=0.05)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=steps)
    best, least = None, numpy.inf
    for epoch in range(epochs):
        for some in torch.randperm(len(labels)).split(BATCH):
            losses = torch.nn.functional.cross_entropy(model.logits(*(x[some] for x in inputs)), labels[some],
                                                       reduction="none", label_smoothing=0.02)
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
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("cases", metavar="CASES.csv", nargs="+")
    try:
        main(parser.parse_args())
    except cases.Unusable as unusable:
        sys.exit(f"sequence.py: {unusable}")
