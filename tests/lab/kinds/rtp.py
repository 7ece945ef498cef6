#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""One end of many calls: rtp.py caller|callee CALLS

Debian's telephones want a sound card and a process per call; this sends what they
send (RTP with a codec's sizes and pace, silence, RTCP) and keeps many calls at once.
"""
import heapq
import random
import select
import socket
import struct
import sys
import time

# payload type, milliseconds and timestamp units a packet, smallest and largest payload,
# chance that a talk spurt is followed by silence suppression
CODECS = {
    "pcmu20": (0, 20, 160, 160, 160, 0.0),
    "pcmu30": (0, 30, 240, 240, 240, 0.3),
    "g729": (18, 20, 160, 20, 20, 0.6),
    "h264": (96, 12, 1080, 300, 1180, 0.0),
    "vp8": (97, 8, 720, 700, 1150, 0.0),
    "opus": (111, 20, 960, 45, 130, 0.4),
}
RTCP_SECONDS = 2.5


class End:
    """One party's half of one call."""

    def __init__(self, role, fields, base):
        start, length, caller, cport, callee, sport, codec, seed = fields
        self.rand = random.Random(int(seed) * 2 + (role == "caller"))
        mine, theirs = (caller, int(cport)), (callee, int(sport))
        # The callee learns where to answer: NAT may have changed the caller's address.
        self.peer = theirs if role == "caller" else None
        if role != "caller":
            mine = theirs
        self.kind, self.ms, self.step, self.low, self.high, self.quiet = CODECS[codec]
        self.first = base + int(start) / 1000 + (0 if role == "caller" else 0.05)
        self.last = self.first + int(length) / 1000
        self.family = socket.AF_INET6 if ":" in mine[0] else socket.AF_INET
        self.mine = mine
        self.rtp = self.rtcp = self.rtcp_peer = None
        self.sequence = self.rand.randrange(1 << 16)
        self.stamp = self.rand.randrange(1 << 32)
        self.source = self.rand.randrange(1 << 32)
        self.spurt = self.rand.randrange(20, 150)
        self.next_rtcp = self.first + self.rand.random() * RTCP_SECONDS
        self.marker = 1

    def open(self):
        """Both sockets, RTCP one port above RTP."""
        for shift in (0, 1):
            sock = socket.socket(self.family, socket.SOCK_DGRAM)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.bind((self.mine[0], self.mine[1] + shift))
            sock.setblocking(False)
            if shift:
                self.rtcp = sock
            else:
                self.rtp = sock
        if self.peer:
            self.rtcp_peer = (self.peer[0], self.peer[1] + 1)

    def heard(self, sock):
        """Takes one packet and remembers who sent it."""
        try:
            _, sender = sock.recvfrom(2048)
        except OSError:
            return
        if sock is self.rtp:
            self.peer = self.peer or sender
        else:
            self.rtcp_peer = self.rtcp_peer or sender

    def speak(self, now):
        """Sends what is due; seconds until the next packet."""
        gap = self.ms / 1000
        size = self.rand.randint(self.low, self.high)
        if self.spurt <= 0:
            size, gap = 1, gap * self.rand.randrange(5, 15)
            self.spurt = self.spurt - 1 if self.rand.random() < 0.8 else self.rand.randrange(40, 200)
        else:
            self.spurt -= 1
            if self.spurt == 0 and self.rand.random() >= self.quiet:
                self.spurt = self.rand.randrange(40, 200)
        self.send(self.rtp, self.peer, self.packet(size))
        self.stamp = (self.stamp + self.step) & 0xFFFFFFFF
        if now >= self.next_rtcp:
            self.next_rtcp = now + RTCP_SECONDS * (0.5 + self.rand.random())
            self.send(self.rtcp, self.rtcp_peer, self.report())
        return gap

    def packet(self, size):
        """One RTP packet with size bytes of payload."""
        head = struct.pack("!BBHII", 0x80, self.marker << 7 | self.kind, self.sequence, self.stamp, self.source)
        self.sequence = (self.sequence + 1) & 0xFFFF
        self.marker = 0
        return head + self.rand.randbytes(size)

    def report(self):
        """Sender report with one block, and the name."""
        name = b"%08x@lab.example" % self.source
        chunk = struct.pack("!IBB", self.source, 1, len(name)) + name
        chunk += bytes(4 - len(chunk) % 4)
        return (struct.pack("!BBHI", 0x81, 200, 12, self.source) + self.rand.randbytes(44)
                + struct.pack("!BBH", 0x81, 202, len(chunk) // 4) + chunk)

    def send(self, sock, peer, data):
        """Sends unless nobody is known yet or the far end has hung up."""
        if peer:
            try:
                sock.sendto(data, peer)
            except OSError:
                pass

    def close(self):
        """Hangs up."""
        self.rtp.close()
        self.rtcp.close()


def run(role, path):
    """All calls of the file, from first ring to last goodbye."""
    base = time.monotonic() + 0.3
    with open(path, encoding="ascii") as calls:
        ends = [End(role, line.split("\t"), base) for line in calls]
    due = [(end.first - (0.2 if role == "callee" else 0), n) for n, end in enumerate(ends)]
    heapq.heapify(due)
    poll = select.epoll()
    owner = {}
    while due:
        when, n = due[0]
        for number, _ in poll.poll(max(0, when - time.monotonic())):
            owner[number].heard(owner[number].rtp if owner[number].rtp.fileno() == number
                                else owner[number].rtcp)
        if time.monotonic() < when:
            continue
        heapq.heappop(due)
        end = ends[n]
        if end.rtp is None:
            end.open()
            for sock in (end.rtp, end.rtcp):
                owner[sock.fileno()] = end
                poll.register(sock, select.EPOLLIN)
            heapq.heappush(due, (end.first, n))
        elif when > end.last:
            for sock in (end.rtp, end.rtcp):
                poll.unregister(sock)
                del owner[sock.fileno()]
            end.close()
        else:
            jitter = end.rand.gauss(0, 0.0008)
            heapq.heappush(due, (when + max(0.001, end.speak(when) + jitter), n))


if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[1] not in ("caller", "callee"):
        sys.exit("usage: rtp.py caller|callee CALLS")
    run(sys.argv[1], sys.argv[2])
