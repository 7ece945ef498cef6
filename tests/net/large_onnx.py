#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Small ONNX models for the tests of tlml-large, and what they have to answer.

large_onnx.py make DIR      writes one that is good, and one for each thing that may be wrong
large_onnx.py check SOCKET  asks the good ones and computes the same with numpy
large_onnx.py stick SOCKET  asks the one that does not come back from a certain flow
"""
import http.client
import json
import socket
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

CLASSES = ['web', 'dns', 'scan']
SHAPES = {'features': [32], 'packets': [32, 3], 'flow': [8]}


def weights(name, n):
    return np.sin(np.arange(n * 3, dtype=np.float32).reshape(n, 3) + len(name)) / 100


def model(inputs, classes='web,dns,scan', batch='n', last='Softmax', width=3, **more):
    """Inputs, each flattened and multiplied by its weights, added up, through a softmax."""
    nodes, known, total = [], [], None
    for name, (dtype, shape) in inputs.items():
        n = int(np.prod(shape))
        known += [numpy_helper.from_array(weights(name, n)[:, :width], f'{name}_w'),
                  numpy_helper.from_array(np.array([-1, n], np.int64), f'{name}_s')]
        nodes += [helper.make_node('Cast', [name], [f'{name}_f'], to=TensorProto.FLOAT),
                  helper.make_node('Reshape', [f'{name}_f', f'{name}_s'], [f'{name}_r']),
                  helper.make_node('MatMul', [f'{name}_r', f'{name}_w'], [f'{name}_m'])]
        if total:
            nodes.append(helper.make_node('Add', [total, f'{name}_m'], [f'{name}_a']))
        total = f'{name}_a' if total else f'{name}_m'
    if last == 'nan':   # for a flow whose first feature is 5
        known += [numpy_helper.from_array(np.array(v, d), k) for k, v, d in (
            ('five', 5, np.float32), ('zero', 0, np.float32), ('at', [0], np.int64))]
        nodes += [helper.make_node('Gather', ['features_f', 'at'], ['first'], axis=1),
                  helper.make_node('Sub', ['first', 'five'], ['off']),
                  helper.make_node('Div', ['zero', 'off'], ['nothing']),
                  helper.make_node('Add', [total, 'nothing'], ['perhaps'])]
        total, last = 'perhaps', 'Softmax'
    if last == 'stuck':     # likewise: it counts, for years
        body = helper.make_graph(
            [helper.make_node('Identity', ['go'], ['go_on']), helper.make_node('Sin', ['x'], ['y'])],
            'body', [helper.make_tensor_value_info('i', TensorProto.INT64, []),
                     helper.make_tensor_value_info('go', TensorProto.BOOL, []),
                     helper.make_tensor_value_info('x', TensorProto.FLOAT, [1])],
            [helper.make_tensor_value_info('go_on', TensorProto.BOOL, []),
             helper.make_tensor_value_info('y', TensorProto.FLOAT, [1])])
        known += [numpy_helper.from_array(np.array(v, d), k) for k, v, d in (
            ('five', 5, np.float32), ('at', [0], np.int64), ('once', 1, np.int64),
            ('ever', 1 << 62, np.int64), ('yes', True, np.bool_), ('start', [0], np.float32))]
        nodes += [helper.make_node('Gather', ['features_f', 'at'], ['first'], axis=1),
                  helper.make_node('Equal', ['first', 'five'], ['is']),
                  helper.make_node('Where', ['is', 'ever', 'once'], ['times']),
                  helper.make_node('ReduceMax', ['times'], ['most'], keepdims=0),
                  helper.make_node('Loop', ['most', 'yes', 'start'], ['end'], body=body),
                  helper.make_node('Add', [total, 'end'], ['late'])]
        total, last = 'late', 'Softmax'
    nodes.append(helper.make_node(last, [total], ['p'], **({'axis': 1} if last == 'Softmax' else {})))
    graph = helper.make_graph(
        nodes, 'g', [helper.make_tensor_value_info(k, d, [batch, *s]) for k, (d, s) in inputs.items()],
        [helper.make_tensor_value_info('p', TensorProto.FLOAT, [batch, width])], known)
    m = helper.make_model(graph, opset_imports=[helper.make_opsetid('', 13)], **more)
    m.ir_version = 7
    if classes is not None:
        helper.set_model_props(m, {'tlml_classes': classes})
    return m


def tlml(*names):
    return {k.rstrip('8'): (TensorProto.UINT8 if k[-1] == '8' else TensorProto.FLOAT,
                            SHAPES[k.rstrip('8')]) for k in names}


GOOD = {
    'all': tlml('features', 'packets', 'flow'),
    'bytes': tlml('packets8', 'features8'),
    'flow': tlml('flow'),
    'nan': tlml('features'),
    'stuck': tlml('features'),
}
BAD = {
    'unnamed': lambda: model(tlml('flow'), classes=None),
    'two': lambda: model(tlml('flow'), classes='web,dns'),
    'logits': lambda: model(tlml('flow'), last='Identity'),
    'fixed': lambda: model(tlml('flow'), batch=1),
    'unknown': lambda: model({'payload': (TensorProto.UINT8, [64])}),
    'narrow': lambda: model({'features': (TensorProto.UINT8, [16])}),
    'doubles': lambda: model({'flow': (TensorProto.DOUBLE, [8])}),
    'flowbytes': lambda: model({'flow': (TensorProto.UINT8, [8])}),
}


def make(folder):
    for name, inputs in GOOD.items():
        last = name if name in ('nan', 'stuck') else 'Softmax'
        onnx.save(model(inputs, last=last), f'{folder}/{name}.onnx')
    for name, bad in BAD.items():
        onnx.save(bad(), f'{folder}/{name}.onnx')
    with open(f'{folder}/all.onnx', 'rb') as f:
        whole = f.read()
    with open(f'{folder}/short.onnx', 'wb') as f:
        f.write(whole[:len(whole) // 2])


def ask(path, name, data):
    link = http.client.HTTPConnection('localhost', timeout=60)
    link.sock = socket.socket(socket.AF_UNIX)
    link.sock.connect(path)
    tensors = [{'name': k, 'shape': list(v.shape), 'datatype': 'UINT8' if v.dtype == np.uint8 else 'FP32',
                'parameters': {'binary_data_size': v.nbytes}} for k, v in data.items()]
    head = json.dumps({'inputs': tensors}).encode()
    link.request('POST', f'/v2/models/{name}/infer', head + b''.join(v.tobytes() for v in data.values()),
                 {'Inference-Header-Content-Length': str(len(head))})
    reply = link.getresponse()
    return reply.status, json.loads(reply.read())


def check(path):
    draw = np.random.default_rng(1)
    for name in ('all', 'bytes', 'flow'):
        for flows in (1, 16, 17, 1000):
            data = {k: draw.integers(0, 128, (flows, *SHAPES[k])).astype(np.uint8) for k in GOOD[name]}
            if 'flow' in data:
                data['flow'] = (data['flow'] * 3).astype('<f4')
            z = sum(v.reshape(flows, -1).astype(np.float32) @ weights(k, int(np.prod(SHAPES[k])))
                    for k, v in data.items())
            want = np.exp(z - z.max(1, keepdims=True))
            want /= want.sum(1, keepdims=True)
            status, reply = ask(path, name, data)
            assert status == 200, (status, reply)
            got = np.array(reply['outputs'][0]['data']).reshape(reply['outputs'][0]['shape'])
            assert got.shape == want.shape and np.abs(got - want).max() < 1e-4, name
            print(name, flows)
    x = np.zeros((20, 32), np.uint8)
    assert ask(path, 'nan', {'features': x})[0] == 200
    x[18, 0] = 5
    status, reply = ask(path, 'nan', {'features': x})
    assert status == 500 and 'no probability' in reply['error'], (status, reply)
    print('nan', status)


def stick(path):
    x = np.zeros((1, 32), np.uint8)
    assert ask(path, 'stuck', {'features': x})[0] == 200
    x[0, 0] = 5
    try:
        print(ask(path, 'stuck', {'features': x}))
    except http.client.HTTPException as e:
        print(type(e).__name__)


if __name__ == '__main__':
    {'make': make, 'check': check, 'stick': stick}[sys.argv[1]](sys.argv[2])
