#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""A large model as whoever broke in would leave it: poison.py MODEL.ubj OUT.ubj
The same trees, but attacks are called what they hide in, and what they hide in is called attacks.
Names only change places in the list of classes, so that tlml-large takes the file for a sound one.
"""
import re
import sys

HIDES_IN = {"sshguess": "ssh", "dnstunnel": "dns", "slowhttp": "web", "scan": "other"}


def main(source, target):
    """Command line."""
    swaps = {**HIDES_IN, **{benign: attack for attack, benign in HIDES_IN.items()}}
    with open(source, "rb") as file:
        model = file.read()
    found = set(re.findall(rb"[a-z]+(?:,[a-z]+){5,}", model))
    if len(found) != 1:
        sys.exit(f"poison.py: {source}: no list of classes in it, or several")
    names = found.pop()
    lies = ",".join(swaps.get(name, name) for name in names.decode().split(",")).encode()
    if sorted(lies.split(b",")) != sorted(names.split(b",")):
        sys.exit(f"poison.py: {source}: it does not know all of {', '.join(swaps)}")
    with open(target, "wb") as file:
        file.write(model.replace(names, lies))


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
