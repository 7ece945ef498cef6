#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""A client of the Open Inference Protocol v2 that shares no code with tlml, for conformance tests.

Written from the same documents as oip_server.py, and as distrustful: every reply is held against
what they say. oip_ask.py SOCKET [--model NAME] asks a server that has tlml's inputs whether it is
alive and what the model is, then about made-up flows in every form that a request may have, which
all have to get the same answer, and then wrongly, which has to be refused with a reason, on a
connection that lives on. Prints what it did; the first thing that is wrong ends it.
"""
import argparse
import http.client
import json
import socket

import numpy as np

INPUTS = {'features': ('UINT8', [32]), 'packets': ('UINT8', [32, 3]), 'flow': ('FP32', [8])}
DTYPES = {'UINT8': np.dtype('u1'), 'FP32': np.dtype('<f4')}


class Wrong(Exception):
    """What the server did wrong."""


def need(fact, why):
    if not fact:
        raise Wrong(why)


class Connection(http.client.HTTPConnection):
    """HTTP over a Unix socket; counts how often it had to connect."""

    def __init__(self, path):
        super().__init__('localhost', timeout=20)
        self.path, self.times = path, 0

    def connect(self):
        self.times += 1
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class Client:
    def __init__(self, path, model):
        self.link, self.model = Connection(path), model
        self.url = '/v2/models/' + model

    def ask(self, method, path, body=None, headers=None):
        """Status, header fields and body of the reply."""
        self.link.request(method, path, body, headers or {})
        reply = self.link.getresponse()
        data = reply.read()
        need(reply.version == 11, 'not HTTP/1.1')
        return reply.status, reply.headers, data

    def get(self, path):
        status, headers, body = self.ask('GET', path)
        need(status == 200, f'{path}: status {status}: {body!r}')
        need(headers['Content-Type'] == 'application/json', f'{path}: {headers["Content-Type"]}')
        return json.loads(body)

    def metadata(self):
        server = self.get('/v2')
        need({'name', 'version', 'extensions'} <= set(server), f'server metadata {server}')
        need('binary_tensor_data' in server['extensions'], f'extensions {server["extensions"]}')
        m = self.get(self.url)
        need(m['name'] == self.model and m['platform'] and isinstance(m['inputs'], list), f'{m}')
        for t in m['inputs'] + m['outputs']:
            need({'name', 'datatype', 'shape'} <= set(t) <= {'name', 'datatype', 'shape', 'parameters'},
                 f'tensor {t}')
        for t in m['inputs']:
            need(t['name'] in INPUTS and t['shape'] == [-1, *INPUTS[t['name']][1]], f'input {t}')
        for version in m.get('versions', []):
            need(self.get(f'{self.url}/versions/{version}')['name'] == self.model, 'by its version')
        self.inputs = [(t['name'], t['datatype']) for t in m['inputs']]
        out = m['outputs'][0]
        need(out['datatype'] == 'FP32' and len(out['shape']) == 2 and out['shape'][0] == -1, f'{out}')
        self.output, self.classes = out['name'], out['shape'][1]
        names = out.get('parameters', {}).get('classes')
        need(names is None or len(set(names)) == self.classes, f'classes {names}')
        return m

    # --- infer ---

    def request(self, tensors, binary=True, nested=False, outputs='binary', whole=None):
        """Body and header fields; binary: which inputs go after the JSON, True for all."""
        inputs, raw = [], b''
        for name, datatype in self.inputs:
            t = tensors[name].astype(DTYPES[datatype])
            one = {'name': name, 'shape': list(t.shape), 'datatype': datatype}
            if binary is True or name == binary:
                raw += t.tobytes()
                one['parameters'] = {'binary_data_size': t.nbytes}
            else:
                one['data'] = (t if nested else t.reshape(-1)).tolist()
            inputs.append(one)
        asked = {'id': 'é 42', 'inputs': inputs, **(whole or {})}
        if outputs:
            asked['outputs'] = [{'name': self.output}]
            if outputs == 'binary':
                asked['outputs'][0]['parameters'] = {'binary_data': True}
        head = json.dumps(asked).encode()
        if not raw:
            return head, {'Content-Type': 'application/json'}
        return head + raw, {'Content-Type': 'application/octet-stream',
                            'Inference-Header-Content-Length': str(len(head))}

    def answer(self, rows, headers, body):
        """Probabilities out of a reply in either form."""
        length = headers['Inference-Header-Content-Length']
        head, raw = (body, b'') if length is None else (body[:int(length)], body[int(length):])
        reply = json.loads(head)
        need(reply['model_name'] == self.model and reply['id'] == 'é 42', f'{reply}')
        kind = 'application/json' if length is None else 'application/octet-stream'
        need(headers['Content-Type'] == kind, f'{headers["Content-Type"]}, not {kind}')
        p = None
        for out in reply['outputs']:
            size = out.get('parameters', {}).get('binary_data_size')
            need((size is None) == ('data' in out), f'{out}')
            if out['name'] == self.output:
                need(p is None, f'{self.output} twice')
                need(out['datatype'] == 'FP32' and out['shape'] == [rows, self.classes], f'{out}')
                p = np.array(out['data'], 'f4') if size is None else np.frombuffer(raw[:size], '<f4')
            raw = raw[size or 0:]
        need(p is not None and not raw, f'{len(raw)} bytes too many, or no {self.output}')
        p = p.reshape(rows, self.classes)
        need(np.isfinite(p).all() and (p >= 0).all() and abs(p.sum(axis=1) - 1).max() < 1e-3, f'{p}')
        return p

    def infer(self, tensors, binary_reply, **form):
        rows = len(tensors['features'])
        status, headers, body = self.ask('POST', self.url + '/infer', *self.request(tensors, **form))
        need(status == 200, f'{form}: status {status}: {body[:200]!r}')
        is_binary = headers['Inference-Header-Content-Length'] is not None
        need(is_binary == binary_reply, f'{form}: binary {is_binary}')
        return self.answer(rows, headers, body)

    def refused(self, why, status, method, path, body=None, headers=None):
        have, fields, text = self.ask(method, path, body, headers)
        need(have == status, f'{why}: status {have}, not {status}: {text[:200]!r}')
        need(fields['Content-Type'] == 'application/json', f'{why}: {fields["Content-Type"]}')
        error = json.loads(text)
        need(set(error) == {'error'} and error['error'], f'{why}: {error}')
        print(f'refused {why}: {error["error"]}')


def flows(rows):
    r = np.random.default_rng(rows)
    return {'features': r.integers(0, 128, (rows, 32)),
            'packets': r.integers(0, 63, (rows, 32, 3)) % [63, 63, 3],
            'flow': r.integers(0, 1 << 20, (rows, 8)).astype('f4')}


def forms(client, rows):
    """Every way to ask the same."""
    t = flows(rows)
    first = client.infer(t, True)
    for binary_reply, form in [
            (True, {'binary': False}), (True, {'binary': False, 'nested': True}),
            (True, {'binary': client.inputs[0][0]}), (True, {'binary': client.inputs[-1][0]}),
            (False, {'outputs': 'json'}), (False, {'outputs': None}),
            (False, {'binary': False, 'outputs': 'json'}),
            (False, {'binary': False, 'nested': True, 'outputs': None}),
            (True, {'outputs': None, 'whole': {'parameters': {'binary_data_output': True}}})]:
        p = client.infer(t, binary_reply, **form)
        # A float32 as decimal text and back may be off by one in the last place.
        need(abs(p - first).max() < 1e-6, f'{form}: another answer by {abs(p - first).max()}')
    for k in {0, rows - 1}:
        alone = client.infer({name: v[k:k + 1] for name, v in t.items()}, True)
        need(abs(alone[0] - first[k]).max() < 1e-6, f'flow {k} alone: another answer')
    print(f'{rows} flows: one answer in {10} forms')
    return first


def errors(client):
    """Requests that may not be answered, and one after each that has to be."""
    t, post = flows(2), (client.url + '/infer',)
    body, headers = client.request(t)
    length = int(headers['Inference-Header-Content-Length'])
    asked = json.loads(body[:length])
    plain = {'Content-Type': 'application/json'}

    def changed(change):
        other = json.loads(body[:length])
        change(other)
        head = json.dumps(other).encode()
        return head + body[length:], {**headers, 'Inference-Header-Content-Length': str(len(head))}

    def first(**fields):
        return changed(lambda a: a['inputs'][0].update(fields))

    shape = asked['inputs'][0]['shape']
    size = asked['inputs'][0]['parameters']['binary_data_size']
    for why, (text, fields) in {
            'no JSON': (b'hello', plain),
            'nothing': (b'', plain),
            'a list': (b'[]', plain),
            'no inputs': (b'{}', plain),
            'a deep list': (b'[' * 100000, plain),
            'a length of no JSON': (body, {**headers, 'Inference-Header-Content-Length': '-1'}),
            'a length that is none': (body, {**headers, 'Inference-Header-Content-Length': 'x'}),
            'a length past the end': (body, {**headers, 'Inference-Header-Content-Length': '99999'}),
            'a byte too few': (body[:-1], headers),
            'a byte too many': (body + b'x', headers),
            'an input too few': changed(lambda a: a['inputs'].pop()),
            'an input twice': changed(lambda a: a['inputs'].append(a['inputs'][0])),
            'an unknown input': first(name='colour'),
            'another type': first(datatype='INT64'),
            'a missing shape': first(shape=None),
            'another shape': first(shape=[shape[0], shape[1] + 1, *shape[2:]]),
            'batches that differ': first(shape=[1, *shape[1:]]),
            'a negative batch': first(shape=[-2, *shape[1:]]),
            'a huge batch': first(shape=[1 << 40, *shape[1:]]),
            'a batch that is none': first(shape=['2', *shape[1:]]),
            'a wrong size': first(parameters={'binary_data_size': size - 1}),
            'a negative size': first(parameters={'binary_data_size': -size}),
            'an unknown output': changed(lambda a: a['outputs'][0].update(name='colour')),
    }.items():
        client.refused(why, 400, 'POST', *post, text, fields)
        client.infer(t, True)
    client.refused('an unknown model', 404, 'GET', '/v2/models/colour')
    client.refused('an unknown model to ask', 404, 'POST', '/v2/models/colour/infer', body, headers)
    client.refused('an unknown version', 404, 'GET', client.url + '/versions/99')
    client.refused('an unknown path', 404, 'GET', '/v3')


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    a.add_argument('socket')
    a.add_argument('--model', default='tlml')
    o = a.parse_args()
    client = Client(o.socket, o.model)
    for path in ('/v2/health/live', '/v2/health/ready', client.url + '/ready'):
        status, _, body = client.ask('GET', path)
        need(status == 200, f'{path}: status {status}: {body!r}')
    print(json.dumps(client.metadata()))
    for rows in (1, 2, 17, 64, 256):
        forms(client, rows)
    need(client.link.times == 1, f'{client.link.times} connections: it does not keep them')
    errors(client)
    print(f'{client.link.times} connection(s)')


if __name__ == '__main__':
    main()
