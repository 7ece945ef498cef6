#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""What tlml says of the lab's flows, against what the lab knows of them:
verdicts.py live WATCH LABELS SECONDS         a table, refreshed while decisions come
verdicts.py sum WATCH LABELS OUT.json         verdicts against labels; figures also as JSON
verdicts.py drops WATCH LABELS SHOW OUT.json  which flows lost packets to the policy
WATCH holds the lines of `tlmlctl watch --trace -j`, SHOW those of `tlmlctl show -j`.
"""
import collections
import ipaddress
import json
import os
import shutil
import sys
import time

sys.dont_write_bytecode = True  # the tree stays as it was
import check_labels

PROTOCOLS = {1: "icmp", 6: "tcp", 17: "udp", 58: "icmp"}
PRINTS = 4  # of the live table where it cannot be refreshed in place


class Decisions:
    """The last decision of every flow, the tiny model's or the large one's, in a file that may
    still grow."""

    def __init__(self, watch, labels):
        self.path, self.labels_path = watch, labels
        self.file, self.rest, self.rules = None, "", None
        self.flows, self.all, self.kinds = {}, [], {}
        self.asked, self.answers, self.lost = {}, {}, 0  # the tiny model's word, the large one's

    def kind(self, key, one):
        """The lab's word for a flow, None for traffic that has no label."""
        if key not in self.kinds:
            proto, client, server, sport, port = key
            flow = check_labels.Flow(proto, client, server, sport, port, one["time_us"])
            kinds = check_labels.kinds_of(flow, self.rules)
            self.kinds[key] = next(iter(kinds)) if len(kinds) == 1 else None
        return self.kinds[key]

    def take(self, one):
        """Takes in one event."""
        if one["event"] == "lost":
            self.lost += one["n"]
            return
        proto = PROTOCOLS.get(one["proto"], one["proto"])
        key = (str(proto), ipaddress.ip_address(one["src"]).packed,
               ipaddress.ip_address(one["dst"]).packed, one["sport"], one["dport"])
        one["kind"] = self.kind(key, one)
        if one["event"] == "unanswered":
            return
        if one["event"] == "answered":
            if key in self.flows:
                self.answers[key] = one["answer"]
                if one["answer"]["applied"]:
                    self.flows[key]["class"] = one["answer"]["class"]
            return
        self.all.append(dict(one))  # an answer changes the other one
        if one["kind"] is not None:
            self.flows[key] = one
            if one["event"] == "asked":
                self.asked[key] = one["class"]

    def read(self):
        """Takes in what was decided since the last call."""
        if self.rules is None:
            if not os.path.exists(self.labels_path):
                return
            self.rules = check_labels.labels(self.labels_path)
        self.file = self.file or open(self.path, encoding="ascii")
        *lines, self.rest = (self.rest + self.file.read()).split("\n")
        for line in lines:
            self.take(json.loads(line))

    def attacks(self):
        """Kinds that are attacks."""
        return {row["kind"] for rows in self.rules.values() for row in rows if row["attack"] == "1"}


def scores(flows):
    """Per kind: flows, verdicts of that class, right ones, precision, recall, F1."""
    label = collections.Counter(one["kind"] for one in flows)
    said = collections.Counter(one["class"] for one in flows)
    right = collections.Counter(one["kind"] for one in flows if one["kind"] == one["class"])
    table = {}
    for kind, count in label.items():
        precision = right[kind] / said[kind] if said[kind] else 0.0
        recall = right[kind] / count
        f1 = 2 * precision * recall / (precision + recall) if right[kind] else 0.0
        table[kind] = (count, said[kind], right[kind], precision, recall, f1)
    return table


def table_lines(seen, rows):
    """The live table, at most rows lines of it."""
    by_class = collections.defaultdict(list)
    for key, one in seen.flows.items():
        by_class[one["class"]].append(dict(one, asked=key in seen.asked))
    lines = [f"{'class':<10} {'flows':>6} {'margin':>6} {'anomaly':>7} {'asked':>5} {'action':<6}   "
             "last decision"]
    for name, flows in sorted(by_class.items()):
        last = flows[-1]
        ends = "{src}:{sport} > {dst}:{dport}".format(**last)
        lines.append(f"{name:<10} {len(flows):>6} {sum(f['margin'] for f in flows) // len(flows):>6} "
                     f"{sum(f['anomaly'] for f in flows) / len(flows):>7.1f} "
                     f"{sum(f['asked'] for f in flows):>5} {last['action']:<6}   {ends}")
    lines.append(f"{len(seen.flows)} flows, {len(seen.all)} decisions, {len(seen.asked)} asked about, "
                 f"{len(seen.answers)} answers")
    return lines[:rows]


def live(watch, labels, seconds):
    """Shows the table until the time is over."""
    seen = Decisions(watch, labels)
    tty = sys.stdout.isatty()
    end = time.monotonic() + seconds
    step = 1 if tty else seconds / PRINTS
    while (left := end - time.monotonic()) > 0:
        time.sleep(min(step, left))
        seen.read()
        size = shutil.get_terminal_size()
        lines = table_lines(seen, size.lines - 2)
        if tty:
            lines = ["\033[H\033[J" + lines[0]] + lines[1:]
            lines = [line[:size.columns + (6 if line.startswith("\033") else 0)] for line in lines]
        print("\n".join(lines) + ("" if tty else "\n"), flush=True)


def escalated(seen):
    """Prints what asking the large model came to; returns it."""
    answered = [key for key in seen.asked if key in seen.answers]
    tiny = sum(seen.asked[key] == seen.flows[key]["kind"] for key in answered)
    large = sum(seen.answers[key]["class"] == seen.flows[key]["kind"] for key in answered)
    both = sum(seen.flows[key]["class"] == seen.flows[key]["kind"] for key in answered)
    waits = sorted(seen.answers[key]["latency_us"] for key in answered) or [0]
    print(f"asked the large model about {len(seen.asked)} flows "
          f"({100 * len(seen.asked) / len(seen.flows):.1f} %): {len(answered)} answers, in the "
          f"median after {waits[len(waits) // 2] / 1000:.1f} ms; right about those flows: the tiny "
          f"model {tiny} when it asked, the large one {large}, both {both} in the end")
    return {"asked": len(seen.asked), "answered": len(answered), "asked_right_tiny": tiny,
            "asked_right_large": large, "asked_right_both": both,
            "answer_us_median": waits[len(waits) // 2]}


def account(watch, labels, out):
    """Prints verdicts against labels and writes their F1 as JSON."""
    seen = Decisions(watch, labels)
    seen.read()
    if not seen.flows:
        sys.exit(f"verdicts: no decision about a labelled flow in {watch}: is tlml attached?")
    table = scores(list(seen.flows.values()))
    attacks = seen.attacks()
    print(f"{'kind':<10} {'':<6} {'flows':>6} {'said':>6} {'right':>6} {'precision':>9} {'recall':>7} {'f1':>6}")
    for kind, (count, said, right, precision, recall, f1) in sorted(
            table.items(), key=lambda item: (item[0] in attacks, item[0])):
        print(f"{kind:<10} {'attack' if kind in attacks else '':<6} {count:>6} {said:>6} {right:>6} "
              f"{precision:>9.3f} {recall:>7.3f} {f1:>6.3f}")
    macro = sum(row[5] for row in table.values()) / len(table)
    print(f"{len(seen.flows)} flows, macro-F1 {macro:.4f} over {len(table)} kinds")
    figures = escalated(seen) if seen.asked else {}
    if seen.lost:
        print(f"{seen.lost} events were lost on the way here")
    with open(out, "w", encoding="ascii") as file:
        json.dump({"flows": len(seen.flows), "macro_f1": round(macro, 4), **figures,
                   "classes": {kind: round(row[5], 4) for kind, row in sorted(table.items())}}, file)


def drops(watch, labels, show, out):
    """Prints and writes how many flows of each kind lost a packet by a decision in enforce mode."""
    seen = Decisions(watch, labels)
    seen.read()
    attacks = seen.attacks()
    flows, lost = collections.defaultdict(set), collections.defaultdict(set)
    for one in seen.all:
        ends = one["src"], one["sport"], one["dst"], one["dport"], one["proto"]
        flows[one["kind"]].add(ends)
        if one["action"] == "drop":
            lost[one["kind"]].add(ends)
    flows.pop(None, None)
    print(f"{'kind':<10} {'':<6} {'flows':>6} {'dropped':>7}")
    for kind in sorted(flows, key=lambda name: (name in attacks, name)):
        print(f"{kind:<10} {'attack' if kind in attacks else '':<6} {len(flows[kind]):>6} {len(lost[kind]):>7}")
    with open(show, encoding="ascii") as file:
        packets = json.load(file)["interfaces"][0]["dropped"]
    with open(out, "w", encoding="ascii") as file:
        json.dump({"benign": sum(len(lost[kind]) for kind in flows if kind not in attacks),
                   "attack": sum(len(lost[kind]) for kind in attacks),
                   "packets": packets}, file)


def main(args):
    """Command line."""
    if len(args) == 4 and args[0] == "live":
        live(args[1], args[2], float(args[3]))
    elif len(args) == 4 and args[0] == "sum":
        account(*args[1:])
    elif len(args) == 5 and args[0] == "drops":
        drops(*args[1:])
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
