#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""One request to tlmld's control socket, and what comes back; exit status 1 for an error.

Written without tlml's code: SOCK_SEQPACKET, a JSON object a message. --hand DIR sends the maps that
are pinned there, as tlml-load does.
"""
import argparse
import ctypes
import json
import os
import socket
import sys

MAPS = ['tlml_ctl_v1', 'tlml_flows_v1', 'tlml_sources_v1', 'tlml_weights_v1', 'tlml_wide_v1',
        'tlml_stats_v1', 'tlml_allow_v1', 'tlml_ring_v1']


def pinned(path):
    fd = ctypes.CDLL('libbpf.so.1', use_errno=True).bpf_obj_get(path.encode())
    if fd < 0:
        raise OSError(ctypes.get_errno(), path)
    return fd


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    a.add_argument('socket')
    a.add_argument('request')
    a.add_argument('--eval', metavar='EXPR', help='print this Python expression of the reply d')
    a.add_argument('--events', type=int, default=0, help='print so many messages after the reply')
    a.add_argument('--hand', metavar='DIR', help='send descriptors of the pins, and of DIR')
    a.add_argument('--swap', metavar='MAP=MAP', help='but the second one in the place of the first')
    a.add_argument('--hold', action='store_true', help='then stay until standard input ends')
    o = a.parse_args()
    s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    s.connect(o.socket)
    fds = []
    if o.hand:
        swap = dict([o.swap.split('=')] if o.swap else [])
        fds = [pinned(os.path.join(o.hand, swap.get(m, m))) for m in MAPS]
        fds.append(os.open(o.hand, os.O_RDONLY | os.O_DIRECTORY))
    if o.request == 'add':
        o.request = json.dumps({'do': 'add', 'interface': os.path.basename(o.hand), 'dir': o.hand,
                                'maps': MAPS})
    socket.send_fds(s, [o.request.encode()], fds)
    reply = s.recv(1 << 16)
    d = json.loads(reply)
    print(eval(o.eval, {'d': d}) if o.eval else reply.decode(), flush=True)
    for _ in range(o.events):
        print(s.recv(1 << 16).decode(), flush=True)
    if o.hold:
        sys.stdin.read()
    return 'error' in d


if __name__ == '__main__':
    sys.exit(main())
