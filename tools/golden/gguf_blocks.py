"""Writes tests/golden/checkpoint/gguf_blocks.safetensors: blocks of GGML's types, by the `gguf` package.

`x` are floats, and `x.q8_0`, `x.q4_0` the bytes that they must become. `TYPE.bytes` are blocks of each type with random
contents, and `TYPE.values` the floats that they stand for.

    python3 tools/golden/gguf_blocks.py
"""

import pathlib

import numpy as np
from gguf import GGMLQuantizationType as Type
from gguf import quants
from safetensors.numpy import save_file

OUT = pathlib.Path(__file__).resolve().parents[2] / "tests/golden/checkpoint/gguf_blocks.safetensors"
# Where the halves lie in a block, in bytes.
TYPES = {"q8_0": (Type.Q8_0, [0]), "q4_0": (Type.Q4_0, [0]), "q4_k": (Type.Q4_K, [0, 2]), "q5_k": (Type.Q5_K, [0, 2]),
         "q6_k": (Type.Q6_K, [208])}
BLOCK_BYTES = {"q8_0": 34, "q4_0": 18, "q4_k": 144, "q5_k": 176, "q6_k": 210}
BLOCK_VALUES = {"q8_0": 32, "q4_0": 32, "q4_k": 256, "q5_k": 256, "q6_k": 256}


def inputs(random):
    x = random.standard_normal((40, 32)).astype(np.float32)
    x[0] = 0
    x[1] = 1e-9  # scales below the smallest half
    x[2, 1:] = 0  # one value alone
    x[3] = np.abs(x[3])
    x[4] = -np.abs(x[4])
    x[5] = np.arange(-16, 16)  # exact levels, and halves between them
    x[6] = np.arange(-16, 16) / 2
    x[7] = 5
    x[8, 3], x[8, 9] = 4, -4  # the first of two largest decides
    x[9] *= 1e4
    x[10] *= 1e-4
    return x


def write_golden():
    random = np.random.default_rng(4)
    x = inputs(random)
    tensors = {"x": x}
    for name in ("q8_0", "q4_0"):
        tensors["x." + name] = quants.quantize(x, TYPES[name][0]).ravel()
    for name, (kind, halves) in TYPES.items():
        blocks = random.integers(0, 256, (1024 // BLOCK_VALUES[name], BLOCK_BYTES[name]), np.uint8)
        for at in halves:
            scales = random.standard_normal(len(blocks)).astype(np.float16)
            scales[-1] = 3e-7  # a subnormal half
            blocks[:, at:at + 2] = scales[:, None].view(np.uint8)
        tensors[name + ".bytes"] = blocks.ravel()
        tensors[name + ".values"] = quants.dequantize(blocks, kind).astype(np.float32).ravel()
    save_file(tensors, OUT, metadata={"format": "pt"})


if __name__ == "__main__":
    write_golden()
