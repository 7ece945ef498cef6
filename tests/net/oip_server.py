#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""A server of the Open Inference Protocol v2 that shares no code with tlml, for conformance tests.

Written from the protocol's documents alone (kserve/open-inference-protocol inference_rest.md,
triton-inference-server/server extension_binary_data.md): it takes nothing for granted that they do
not say, and refuses with 400 whatever they do not allow. What it computes is simple enough to be
known beforehand: see score(). Prints one line when it listens, then one for each request.

It answers in every form that is allowed (--form), and fails in many ways (--fault); SIGUSR1 ends
the fault, or begins it again.
"""
import argparse
import json
import os
import random
import signal
import socket
import socketserver
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler

import numpy as np

DTYPES = {'UINT8': np.dtype('u1'), 'FP32': np.dtype('<f4'), 'INT64': np.dtype('<i8')}
INPUTS = {'features': ('UINT8', [32]), 'packets': ('UINT8', [32, 3]), 'flow': ('FP32', [8])}
FORMS = ['plain', 'chunked', 'nested', 'more', 'pieces', 'close']
START_FAULTS = ['unready', 'metadata', 'classes']       # the others are of infer alone
FAULTS = [*START_FAULTS, 'slow', 'hang', 'half', 'garbage', 'shape', 'row', 'nan', 'sum', 'busy',
          'error', 'drop', 'excess']


class Refused(Exception):
    """What the client did wrong."""


def need(fact, why):
    if not fact:
        raise Refused(why)


def score(tensors, rows, classes):
    """Probabilities by a sum that depends on every value and its place."""
    total = np.zeros(rows)
    for t in tensors:
        t = t.reshape(rows, -1).astype('f8')
        total += t @ np.arange(1, t.shape[1] + 1)
    total = np.floor(total).astype('i8')
    best = 0.5 + (total % 64) / 128
    p = np.repeat(((1 - best) / (classes - 1))[:, None], classes, axis=1)
    p[np.arange(rows), total % classes] = best
    return p.astype('<f4')


def say(answer, rows, classes):
    """The same probabilities for all: "CLASS:P"."""
    name, p = answer.split(':')
    out = np.full((rows, len(classes)), (1 - float(p)) / (len(classes) - 1))
    out[:, classes.index(name)] = float(p)
    return out.astype('<f4')


def know(ports, tensors, p, classes):
    """Says CLASS:P of the flows towards PORT, and of others what p says."""
    flow = next(t for t in tensors if t.shape[1:] == (8,))
    for port, answer in ports:
        p[flow[:, 1] == int(port)] = say(answer, 1, classes)
    return p


class Handler(BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    disable_nagle_algorithm = False     # there is no such thing on a Unix socket
    options = None
    lock = threading.Lock()
    faulty = True

    def log_message(self, *args):
        pass

    def tell(self, text):
        with self.lock:
            print(text, flush=True)

    def fault(self):
        fault = self.options.fault if Handler.faulty else None
        return fault if self.command == 'POST' or fault in START_FAULTS else None

    def classes(self):
        names = self.options.classes
        return names[::-1] if self.fault() == 'classes' else names

    # --- replies ---

    def reply(self, status, body, headers=()):
        if isinstance(body, dict):
            body = json.dumps(body).encode()
            headers = [('Content-Type', 'application/json'), *headers]
        form = self.options.form
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        if form == 'close':
            self.send_header('Connection', 'close')
        elif form == 'chunked':
            self.send_header('Transfer-Encoding', 'chunked')
        else:
            missing = len(body) if self.fault() == 'half' else 0
            self.send_header('Content-Length', str(len(body) + missing))
        self.end_headers()
        if form == 'chunked':
            step = max(1, len(body) // 3)
            parts = [body[i:i + step] for i in range(0, len(body), step)]
            body = b''.join(b'%x\r\n%s\r\n' % (len(p), p) for p in parts) + b'0\r\n\r\n'
        if self.fault() == 'excess':
            body += b'more than was promised'
        if form == 'pieces':
            for i in range(0, len(body), 97):
                self.wfile.write(body[i:i + 97])
                self.wfile.flush()
        else:
            self.wfile.write(body)
        if self.fault() == 'half':
            self.close_connection = True

    def failure(self, status, why, headers=()):
        self.reply(status, {'error': why}, headers)

    # --- GET ---

    def metadata(self):
        names = self.classes()
        inputs = [{'name': n, 'datatype': INPUTS[n][0], 'shape': [-1, *INPUTS[n][1]]}
                  for n in self.options.inputs]
        if self.fault() == 'metadata':
            inputs.append({'name': 'colour', 'datatype': 'FP32', 'shape': [-1, 3]})
        out = {'name': 'probabilities', 'datatype': 'FP32', 'shape': [-1, len(names)]}
        if not self.options.quiet:
            out['parameters'] = {'classes': names}
        return {'name': self.options.model, 'versions': ['1'], 'platform': 'numpy', 'inputs': inputs,
                'outputs': [out, {'name': 'label', 'datatype': 'INT64', 'shape': [-1]}]}

    def do_GET(self):
        path, model = self.path, '/v2/models/' + self.options.model
        self.tell('GET ' + path)
        if path in ('/v2/health/live', '/v2/health/ready', model + '/ready'):
            self.reply(400 if self.fault() == 'unready' else 200, b'')
        elif path == '/v2':
            known = [] if self.options.json_only else ['binary_tensor_data']
            self.reply(200, {'name': 'oip_server', 'version': '1', 'extensions': known})
        elif path in (model, model + '/versions/1'):
            self.reply(200, self.metadata())
        else:
            self.failure(404, f'no {path} here')

    # --- POST ---

    def body(self):
        need('chunked' not in self.headers.get('Transfer-Encoding', ''), 'chunked requests')
        length = int(self.headers.get('Content-Length', -1))
        need(0 <= length <= 1 << 24, 'no Content-Length, or one too large')
        body = self.rfile.read(length)
        need(len(body) == length, 'the body ends early')
        if 'Inference-Header-Content-Length' not in self.headers:
            need(self.headers.get('Content-Type') == 'application/json', 'it is not application/json')
            return body, None
        need(not self.options.json_only, 'binary tensors are not supported')
        need(self.headers.get('Content-Type') == 'application/octet-stream', 'not an octet-stream')
        head = int(self.headers['Inference-Header-Content-Length'])
        need(0 < head <= length, 'Inference-Header-Content-Length')
        return body[:head], body[head:]

    def tensor(self, given, raw):
        """An input's values, and what is left of the bytes after the JSON."""
        need(set(given) <= {'name', 'shape', 'datatype', 'parameters', 'data'}, f'keys {list(given)}')
        need(given['name'] in self.options.inputs, f"no input {given['name']}")
        datatype, inner = INPUTS[given['name']]
        shape = given['shape']
        need(given['datatype'] == datatype, f'datatype {given["datatype"]}, not {datatype}')
        need(all(type(d) is int and d > 0 for d in shape) and shape[1:] == inner, f'shape {shape}')
        count, wide = int(np.prod(shape)), DTYPES[datatype]
        size = given.get('parameters', {}).get('binary_data_size')
        if size is None:
            data = np.array(given['data']).reshape(-1)
            need(data.size == count, f'{data.size} values, not {count}')
            need(datatype == 'FP32' or (data == np.floor(data)).all() and data.min() >= 0 and
                 data.max() <= 255, 'values that are no UINT8')
            return data.reshape(shape).astype(wide), raw
        need('data' not in given, 'both data and binary data')
        need(raw is not None and size == count * wide.itemsize and size <= len(raw), f'size {size}')
        return np.frombuffer(raw[:size], wide).reshape(shape), raw[size:]

    def question(self):
        head, raw = self.body()
        asked = json.loads(head)
        need(set(asked) <= {'id', 'parameters', 'inputs', 'outputs'}, f'keys {list(asked)}')
        need(isinstance(asked.get('id', ''), str), 'an id that is no string')
        need({i['name'] for i in asked['inputs']} == set(self.options.inputs), 'not all inputs')
        tensors = []
        for given in asked['inputs']:
            t, raw = self.tensor(given, raw)
            tensors.append(t)
        need(not raw, f'{len(raw or b"")} bytes too many')
        rows = {t.shape[0] for t in tensors}
        need(len(rows) == 1, f'batches of {rows}')
        every = asked.get('parameters', {}).get('binary_data_output', False)
        outputs = asked.get('outputs', [{'name': 'probabilities'}, {'name': 'label'}])
        binary = {o['name']: o.get('parameters', {}).get('binary_data', every) for o in outputs}
        need(set(binary) <= {'probabilities', 'label'}, f'outputs {list(binary)}')
        need(not self.options.json_only or not any(binary.values()), 'binary is not supported')
        return asked, tensors, rows.pop(), binary

    def output(self, name, datatype, values, binary):
        """An output's JSON, and the bytes that go after it."""
        out = {'name': name, 'datatype': datatype, 'shape': list(values.shape)}
        if binary:
            raw = values.astype(DTYPES[datatype]).tobytes()
            return {**out, 'parameters': {'binary_data_size': len(raw)}}, raw
        nested = self.options.form == 'nested'
        return {**out, 'data': (values if nested else values.reshape(-1)).tolist()}, b''

    def answer(self, asked, tensors, rows, binary):
        fault, said = self.fault(), self.options.say
        p = score(tensors, rows, len(self.options.classes))
        if said:
            p = say(said, rows, self.options.classes)
        if self.options.know:
            p = know(self.options.know, tensors, p, self.options.classes)
        if fault == 'classes':
            p = p[:, ::-1]
        if fault == 'nan':
            p[rows // 2] = np.nan
        if fault == 'sum':
            p *= 2
        if fault == 'shape':
            p = np.concatenate([p, p[:, :1] * 0], axis=1)
        if fault == 'row':
            p = p[1:]
        label = p.argmax(axis=1)
        values = {'probabilities': ('FP32', p), 'label': ('INT64', label)}
        parts = [self.output(name, *values[name], bits) for name, bits in binary.items()]
        if self.options.form == 'more':     # around them, one perhaps as bytes and one as JSON
            parts.insert(0, self.output('first', 'INT64', label, any(binary.values())))
            parts.append(self.output('last', 'INT64', label, False))
        reply = {'model_name': self.options.model, 'outputs': [j for j, _ in parts]}
        if 'id' in asked:
            reply['id'] = asked['id']
        head, raw = json.dumps(reply).encode(), b''.join(r for _, r in parts)
        headers = [('Content-Type', 'application/json')]
        if raw:
            headers = [('Content-Type', 'application/octet-stream'),
                       ('Inference-Header-Content-Length', str(len(head)))]
        self.reply(200, head + raw, headers)

    def misbehave(self):
        """True if that was all there is to come."""
        fault = self.fault()
        if fault == 'slow':
            time.sleep(self.options.delay)
        elif fault == 'hang':
            self.rfile.read()       # until the client has had enough
        elif fault == 'garbage':
            self.wfile.write(random.Random(1).randbytes(4096))
        elif fault == 'busy':
            self.failure(503, 'too much to do', [('Retry-After', '1')])
        elif fault == 'error':
            self.failure(500, 'the model burst')
        self.close_connection |= fault in ('hang', 'garbage', 'drop')
        return fault in ('hang', 'garbage', 'drop', 'busy', 'error')

    def do_POST(self):
        if self.path != f'/v2/models/{self.options.model}/infer':
            self.rfile.read(int(self.headers.get('Content-Length', 0)))
            self.failure(404, f'no {self.path} here')
            return
        try:
            asked, tensors, rows, binary = self.question()
        except (Refused, LookupError, TypeError, ValueError, AttributeError, RecursionError) as e:
            self.tell(f'refused: {e!r}')
            self.failure(400, str(e))
            return
        self.tell(f'infer {rows} {"binary" if any(binary.values()) else "json"}')
        if not self.misbehave():
            self.answer(asked, tensors, rows, binary)


class Server(socketserver.ThreadingMixIn, socketserver.TCPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 64

    def handle_error(self, request, client_address):
        if not isinstance(sys.exc_info()[1], OSError):      # the client went away
            super().handle_error(request, client_address)


class UnixServer(Server):
    address_family = socket.AF_UNIX


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    a.add_argument('where', help='a path, or HOST:PORT (port 0: any, it is printed)')
    a.add_argument('--model', default='tlml')
    a.add_argument('--classes', default='web,dns,scan,bulk', type=lambda s: s.split(','))
    a.add_argument('--inputs', default='features,packets,flow', type=lambda s: s.split(','))
    a.add_argument('--quiet', action='store_true', help='does not tell the names of the classes')
    a.add_argument('--json-only', action='store_true', help='without the binary extension')
    a.add_argument('--know', action='append', type=lambda s: s.split('='), metavar='PORT=CLASS:P',
                   help='says that of flows towards this port')
    a.add_argument('--say', metavar='CLASS:P', help='the same of every flow')
    a.add_argument('--form', choices=FORMS, default='plain')
    a.add_argument('--fault', choices=FAULTS)
    a.add_argument('--delay', type=float, default=0.2, help='seconds, of --fault slow')
    o = a.parse_args()
    Handler.options = o

    def toggle(*_):
        Handler.faulty = not Handler.faulty

    signal.signal(signal.SIGUSR1, toggle)
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    if '/' in o.where:
        if os.path.exists(o.where):
            os.unlink(o.where)
        server = UnixServer(o.where, Handler)
        print('listening', f'unix://{os.path.abspath(o.where)}', flush=True)
    else:
        host, port = o.where.rsplit(':', 1)
        server = Server((host, int(port)), Handler)
        print('listening', f'http://{host}:{server.server_address[1]}', flush=True)
    server.serve_forever()


if __name__ == '__main__':
    main()
