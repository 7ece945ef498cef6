#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Many clients of tlml-large at once, and clients that misbehave.

large_ask.py SOCKET load CLIENTS REQUESTS FLOWS [MODEL]   each asks that often about up to FLOWS
    flows; prints how many replies had which status, and "sound" if every 200 was as it should be
large_ask.py SOCKET hostile    sends what is not HTTP, or not whole, or too much; a line for each
large_ask.py SOCKET crowd N    opens N connections that say nothing, and then asks on one more;
    prints "waited" if that got its answer only when the others had gone
"""
import collections
import http.client
import json
import random
import re
import socket
import struct
import sys
import threading

SIZES = {'features': (32, [32]), 'packets': (96, [32, 3]), 'flow': (8, [8])}


class Connection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__('localhost', timeout=60)
        self.path = path

    def connect(self):
        self.sock = dial(self.path)


def dial(path):
    s = socket.socket(socket.AF_UNIX)
    s.connect(path)     # without a timeout it waits where the queue of connections is full
    s.settimeout(60)
    return s


def question(draw, flows, inputs):
    """Body and header fields of a request in binary."""
    tensors, data = [], b''
    for name in inputs:
        n = SIZES[name][0] * flows
        if name == 'flow':
            part = struct.pack(f'<{n}f', *(draw.randrange(1 << 20) for _ in range(n)))
        else:
            part = bytes(draw.randrange(128) for _ in range(n))
        tensors.append({'name': name, 'shape': [flows, *SIZES[name][1]],
                        'datatype': 'FP32' if name == 'flow' else 'UINT8',
                        'parameters': {'binary_data_size': len(part)}})
        data += part
    head = json.dumps({'inputs': tensors, 'parameters': {'binary_data_output': True}}).encode()
    return head + data, {'Inference-Header-Content-Length': str(len(head))}


def sound(reply, body, flows, classes):
    """Whether a reply has a probability for each class of each flow."""
    head = int(reply.headers['Inference-Header-Content-Length'])
    values = struct.unpack(f'<{flows * classes}f', body[head:])
    return json.loads(body[:head])['outputs'][0]['shape'] == [flows, classes] and all(
        abs(sum(values[i * classes:(i + 1) * classes]) - 1) < 0.01 for i in range(flows))


def load(path, clients, requests, flows, model='tlml'):
    link = Connection(path)
    link.request('GET', f'/v2/models/{model}')
    meta = json.loads(link.getresponse().read())
    inputs = [t['name'] for t in meta['inputs']]
    classes = meta['outputs'][0]['shape'][1]
    seen, lock = collections.Counter(), threading.Lock()

    def client(number):
        draw, own = random.Random(number), Connection(path)
        asked = [(n, *question(draw, n, inputs)) for n in (draw.randint(1, flows), flows)]
        for i in range(requests):
            n, body, headers = asked[i % 2]
            try:
                own.request('POST', f'/v2/models/{model}/infer', body, headers)
                reply = own.getresponse()
                data = reply.read()
                what = str(reply.status)
                if reply.status == 503 and reply.headers['Retry-After'] != '1':
                    what = '503 without Retry-After'
                if reply.status == 200 and not sound(reply, data, n, classes):
                    what = '200 with nonsense'
            except (OSError, http.client.HTTPException) as e:
                what = type(e).__name__
                own.close()
            with lock:
                seen[what] += 1

    threads = [threading.Thread(target=client, args=(i,)) for i in range(clients)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    for what, n in sorted(seen.items()):
        print(what, n)


HOSTILE = {
    'no HTTP': b'\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03' + bytes(range(256)),
    'nothing but zeros': bytes(100000),
    'an endless first line': b'GET /' + b'a' * 200000,
    'endless header fields': b'GET /v2 HTTP/1.1\r\n' + b'a: b\r\n' * 20000,
    'a method that is none': b'GIVE /v2 HTTP/1.1\r\n\r\n',
    'a version that is none': b'GET /v2 HTTP/9.9\r\n\r\n',
    'a path with a zero': b'GET /v2%00x HTTP/1.1\r\nConnection: close\r\n\r\n',
    'a path with a bad code': b'GET /v2/%zz HTTP/1.1\r\nConnection: close\r\n\r\n',
    'a length that is none': b'POST /v2/models/tlml/infer HTTP/1.1\r\nContent-Length: x\r\n\r\n',
    'a negative length': b'POST /v2/models/tlml/infer HTTP/1.1\r\nContent-Length: -1\r\n\r\n',
    'a huge length': b'POST /v2/models/tlml/infer HTTP/1.1\r\nContent-Length: 9223372036854775807\r\n\r\n{',
    'nine MiB': b'POST /v2/models/tlml/infer HTTP/1.1\r\nContent-Length: 9437184\r\n\r\n' + bytes(9437184),
    'a chunk of nine MiB': b'POST /v2/models/tlml/infer HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n900000\r\n' + bytes(9437184),
    'a bad chunk': b'POST /v2/models/tlml/infer HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n',
    'two lengths': b'POST /v2/models/tlml/infer HTTP/1.1\r\nContent-Length: 2\r\nContent-Length: 3\r\nConnection: close\r\n\r\n{}x',
    'half a request': b'POST /v2/models/tlml/infer HTTP/1.1\r\nContent-Length: 100\r\n\r\n{"inputs"',
    'an encoding': b'POST /v2/models/tlml/infer HTTP/1.1\r\nContent-Length: 2\r\nContent-Encoding: gzip\r\nConnection: close\r\n\r\n{}',
    'an expectation': b'POST /v2/models/tlml/infer HTTP/1.1\r\nContent-Length: 2\r\nExpect: 7\r\nConnection: close\r\n\r\n',
    'HEAD': b'HEAD /v2 HTTP/1.1\r\nConnection: close\r\n\r\n',
    'CONNECT': b'CONNECT 192.0.2.1:80 HTTP/1.1\r\nHost: 192.0.2.1\r\n\r\n',
    'another host': b'GET http://192.0.2.1/v2 HTTP/1.1\r\nHost: 192.0.2.1\r\nConnection: close\r\n\r\n',
    'forty requests at once': b'GET /v2/health/live HTTP/1.1\r\n\r\n' * 39 + b'GET /v2/health/live HTTP/1.1\r\nConnection: close\r\n\r\n',
}


def hostile(path):
    for what, text in HOSTILE.items():
        s = dial(path)
        said = b''
        try:
            s.sendall(text)
            if b'Connection: close' not in text:
                s.shutdown(socket.SHUT_WR)
        except (BrokenPipeError, ConnectionResetError):
            pass    # it may well close before it has read all of that
        try:
            while part := s.recv(65536):
                said += part
        except ConnectionResetError:
            pass
        replies = re.findall(rb'HTTP/1\.[01] ([0-9]{3})', said)
        print(f'{what}: {len(replies)} {replies[-1].decode() if replies else "closed"}')
        s.close()


def crowd(path, n):
    others = [dial(path) for _ in range(n)]
    link = Connection(path)
    link.connect()
    link.sock.settimeout(1)
    link.request('GET', '/v2')
    try:
        link.getresponse()
        print('did not wait')
        return
    except TimeoutError:
        pass
    for other in others:
        other.close()
    link = Connection(path)
    link.request('GET', '/v2')
    print('waited' if link.getresponse().status == 200 else 'refused')


if __name__ == '__main__':
    what, args = sys.argv[2], [int(a) if a.isdigit() else a for a in sys.argv[3:]]
    {'load': load, 'hostile': hostile, 'crowd': crowd}[what](sys.argv[1], *args)
