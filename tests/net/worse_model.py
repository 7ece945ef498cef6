#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""A model whose net takes each class for the next one, from one that does not; else they are the same.

Written from uapi/tlml_model.h, without tlml's code: rows of the class layer change places.
"""
import hashlib
import struct
import sys

blob = bytearray(open(sys.argv[1], 'rb').read())
layers = struct.unpack_from('<H', blob, 56)[0]
data = struct.unpack_from('<I', blob, 84)[0]
for i in range(layers):
    kind, inputs, outputs, _, _, weights, biases = struct.unpack_from('<HHHBBII', blob, 104 + 16 * i)
    if kind != 2:
        continue
    for at, row in ((data + weights, inputs), (data + biases, 4)):
        end = at + row * outputs
        blob[at:end] = blob[at + row:end] + blob[at:at + row]
blob[24:56] = bytes(32)
blob[24:56] = hashlib.sha256(blob).digest()
open(sys.argv[2], 'wb').write(blob)
