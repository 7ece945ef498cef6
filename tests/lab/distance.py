#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The net between gateway and servers: carries frames from one interface to another and back,
each server at a distance of its own, drawn from a seed: distance.py SEED INTERFACE INTERFACE
"""
import heapq
import math
import random
import select
import socket
import sys
import time

ETH_P_ALL = 3
PACKET_IGNORE_OUTGOING = 23
SO_RCVBUFFORCE = 33
NEAREST, FARTHEST = 0.0002, 0.04  # seconds one way
JITTER = 0.04  # of the distance
QUEUE = 4 << 20  # bytes that wait to be carried; what finds no room is lost, as on any line


def tap(name):
    """A raw socket on an interface that hears what comes in only."""
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
    sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, QUEUE)
    sock.setsockopt(263, PACKET_IGNORE_OUTGOING, 1)
    sock.bind((name, ETH_P_ALL))
    sock.setblocking(False)
    return sock


def server_of(frame, far):
    """Address of the server of a frame; far: it comes from there. Empty for what is not IP."""
    kind = frame[12:14]
    if kind == b"\x08\x00":
        return frame[26:30] if far else frame[30:34]
    if kind == b"\x86\xdd":
        return frame[22:38] if far else frame[38:54]
    return b""


class Road:
    """One direction: frames on their way, none overtaking another of its server."""

    def __init__(self, seed, source, sink, far):
        self.seed, self.source, self.sink, self.far = seed, source, sink, far
        self.rand = random.Random(far)
        self.away, self.last, self.heap, self.count = {}, {}, [], 0

    def distance(self, server):
        """Seconds to a server, the same both ways; every octave as likely as the next."""
        if server not in self.away:
            draw = random.Random(self.seed + server.hex()).random()
            self.away[server] = NEAREST * math.exp(draw * math.log(FARTHEST / NEAREST)) if server else 0
        return self.away[server]

    def take(self, now):
        """Takes what has come in."""
        for _ in range(64):
            try:
                frame = self.source.recv(2048)
            except BlockingIOError:
                return
            server = server_of(frame, self.far)
            away = self.distance(server)
            due = max(now + away * (1 + JITTER * self.rand.random()), self.last.get(server, 0))
            self.last[server] = due
            self.count += 1
            heapq.heappush(self.heap, (due, self.count, frame))

    def give(self, now):
        """Hands over what is due; seconds until the next, or None."""
        while self.heap and self.heap[0][0] <= now:
            try:
                self.sink.send(heapq.heappop(self.heap)[2])
            except OSError:
                pass  # a full queue loses a frame, as nets do
        return self.heap[0][0] - now if self.heap else None


def main(seed, near, far):
    """Carries until killed."""
    ends = tap(near), tap(far)
    roads = Road(seed, *ends, False), Road(seed, *reversed(ends), True)
    while True:
        now = time.monotonic()
        waits = [wait for road in roads if (wait := road.give(now)) is not None]
        select.select(ends, (), (), min(waits, default=None))
        now = time.monotonic()
        for road in roads:
            road.take(now)


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit("usage: distance.py SEED INTERFACE INTERFACE")
    try:
        main(*sys.argv[1:])
    except OSError as error:
        sys.exit(f"distance.py: {sys.argv[2]}, {sys.argv[3]}: {error}: lab.sh up starts this")
