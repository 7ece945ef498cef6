#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""What the tiny model makes of a kind of traffic that it was not trained on, as it learns:
learning.py --new PROTO:PORT --watch WATCH --labels LABELS --log LOG OUT.json COMMAND...
To be run in the gateway's namespace. WATCH holds the lines of `tlmlctl watch --trace -j`, LOG is
tlmld's. Prints a line every few seconds until a generation was seen to recognise the new kind; then
runs the command, which has the large model lie, and goes on until what is learned from that was
refused. Writes the figures of both.
"""
import argparse
import json
import subprocess
import sys
import time

sys.dont_write_bytecode = True  # the tree stays as it was
import verdicts

AT = 8  # the packet at which flows are asked about: what the tiny model says by then is its own
STEP = 5  # seconds a line
AFTER = 30  # flows of the new kind that a generation is judged by
RECOGNISED = 0.67  # share of them
LIES_SECS = 25  # of lies at least
PATIENCE = 100  # seconds
HEADER = (f"{'time':>5} {'gen.':>4}  {'known kinds':>16}  {'new kind':>16}  {'asked about':>12}  "
          f"{'disagreed':>10}  {'answers':>7}  state")


class Flow:
    """What is known of one flow: its kind, the tiny model's own word by packet AT, when it came."""

    def __init__(self, one):
        self.kind, self.dport, self.proto = one["kind"], one["dport"], one["proto"]
        self.first, self.own, self.packets, self.asked = one["time_us"] / 1e6, one["class"], 0, False


class Table:
    """Flows by when they came, and what tlmld tells."""

    def __init__(self, args):
        self.seen, self.args = verdicts.Decisions(args.watch, args.labels), args
        self.flows, self.taken, self.attacks = {}, 0, set()
        self.log, self.began = open(args.log, encoding="utf-8", errors="replace"), time.time()

    def is_new(self, flow):
        """Whether a flow is of the new kind: protocol and responder's port tell."""
        return f"{verdicts.PROTOCOLS.get(flow.proto)}:{flow.dport}" == self.args.new

    def read(self):
        """Takes in what happened since the last call."""
        self.seen.read()
        if self.seen.rules is None:
            return
        self.attacks = self.seen.attacks()
        for one in self.seen.all[self.taken:]:
            if one["kind"] is None:
                continue
            key = one["src"], one["dst"], one["sport"], one["dport"], one["proto"]
            flow = self.flows.setdefault(key, Flow(one))
            flow.asked |= one["event"] == "asked"
            if one["packets"] <= AT:
                flow.own, flow.packets = one["class"], max(flow.packets, one["packets"])
        self.taken = len(self.seen.all)

    def between(self, begin, end):
        """Flows that came in a while: known ones, and the new ones that reached packet AT."""
        some = [flow for flow in self.flows.values() if begin <= flow.first < end]
        return ([flow for flow in some if not self.is_new(flow)],
                [flow for flow in some if self.is_new(flow) and flow.packets >= AT])

    def figures(self, begin, end):
        """What a generation made of the flows of a while."""
        known, new = self.between(begin, end)
        benign = [flow for flow in known if flow.kind not in self.attacks]
        hits = [flow for flow in known if flow.kind in self.attacks]
        return {"known": len(known), "known_right": share(known), "benign_right": share(benign),
                "attacks_right": share(hits), "new": len(new), "new_right": share(new),
                "benign_called_attack": round(sum(flow.own in self.attacks for flow in benign) / max(len(benign), 1), 4),
                "asked": round(sum(flow.asked for flow in known + new) / max(len(known + new), 1), 4)}

    def new_since(self, when):
        """Times of the flows of the new kind that came since."""
        return sorted(flow.first for flow in self.between(when, time.time())[1])

    def line(self, begin, end, told):
        """One line of the table."""
        known, new = self.between(begin, end)
        learn = told["learning"]
        asked = sum(flow.asked for flow in known + new)
        print(f"{end - self.began:>4.0f}s {told['generation']:>4}  {of(known):>16}  {of(new):>16}  "
              f"{asked:>4} of {len(known + new):>4}  {100 * learn['disagreement']:>8.0f} %  {learn['answers']:>7}  "
              f"{learn['state']}", flush=True)

    def tell(self):
        """What tlmld logged since the last call."""
        for line in self.log:
            print("      " + line.rstrip().replace("tlmld: ", "", 1), flush=True)


def share(flows):
    """Of the flows that the tiny model was right about, by itself; None of none."""
    return round(sum(flow.own == flow.kind for flow in flows) / len(flows), 4) if flows else None


def of(flows):
    """The same for people."""
    return f"{sum(flow.own == flow.kind for flow in flows)} of {len(flows)} right"


def status():
    """What tlmld says of the only interface."""
    said = subprocess.run(["tlmlctl", "-j", "learn"], capture_output=True, check=False).stdout
    found = json.loads(said or b"{}").get("interfaces")
    if not found or not found[0].get("learning"):
        sys.exit("learning: tlmld does not tell what it learns: see its log")
    return found[0]


def recognises(table, live):
    """Whether the generation that is live since a time is seen to know the new kind."""
    new = table.between(live, time.time())[1] if live else []
    return len(new) >= AFTER and share(new[-AFTER:]) >= RECOGNISED


def is_over(table, told, line, lies):
    """Whether there is nothing more to wait for; lies: since when the large model does, or None."""
    learn, now = told["learning"], time.time()
    if now - (lies or table.began) > PATIENCE:
        return True
    if lies is None:
        return learn["state"] != "on probation" and recognises(table, line.live)
    return learn["last"]["outcome"] == "refused" and learn["last"]["time"] >= lies and now - lies >= LIES_SECS


class Line:
    """The generations that decide, one after another."""

    def __init__(self, told):
        self.number, self.live = told["generation"], None  # since when it is; None: the first one
        self.decided = []  # when another one began to decide, about a share of flows or all
        self.golden = None  # before and after, of the live one

    def take(self, told):
        """A status."""
        trial = told["learning"].get("trial")
        if told["generation"] != self.number:
            self.number, self.live = told["generation"], time.time()
            self.golden = told["learning"]["last"]["golden"]
        if self.live or trial and trial["stage"] == "canary":
            self.decided.append(time.time())


def follow(table, line, lies=None):
    """Prints the table until it is over; the last status."""
    told, shown = status(), time.time()
    while not is_over(table, told, line, lies):
        time.sleep(0.5)
        table.read()
        told = status()
        line.take(told)
        table.tell()
        if time.time() - shown >= STEP:
            table.line(shown, time.time(), told)
            shown = time.time()
    return told


def learned(table, line, told):
    """Figures of learning that is just over; exits if nothing was learned."""
    new = table.new_since(0)
    if not new:
        sys.exit(f"learning: no flow of {table.args.new} reached packet {AT}")
    if not recognises(table, line.live):
        sys.exit(f"learning: after {PATIENCE} s generation {line.number} does not recognise it; "
                 f"tlmlctl learn says: {told['learning']['last']['why'] or told['learning']['state']}")
    until = table.between(new[0], line.live)[1]
    return {"seconds": round(line.live - new[0], 1), "generation": line.number, "golden": line.golden,
            "before": table.figures(table.began, min(when for when in line.decided if when > new[0])),
            "after": table.figures(line.live, time.time()),
            "new_asked": sum(flow.asked for flow in until), "new_until": len(until)}


def main(args):
    """Command line, parsed."""
    table, line = Table(args), Line(status())
    print(HEADER)
    figures = learned(table, line, follow(table, line))
    subprocess.run(args.command, check=True)
    print("      from here on the large model lies: it calls attacks benign, and what they hide in attacks", flush=True)
    lies = time.time()
    before = line.number
    last = follow(table, line, lies)["learning"]["last"]
    if line.number != before or last["outcome"] != "refused":
        sys.exit(f"learning: what the lying model said was not refused: {last['outcome']}, generation {line.number} is live")
    figures["lies"] = {"generation": line.number, "outcome": last["outcome"], "why": last["why"],
                       "while": table.figures(lies, time.time())}
    with open(args.out, "w", encoding="ascii") as file:
        json.dump(figures, file)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for option in ("new", "watch", "labels", "log"):
        parser.add_argument("--" + option, required=True)
    parser.add_argument("out", metavar="OUT.json")
    parser.add_argument("command", nargs=argparse.REMAINDER)
    main(parser.parse_args())
