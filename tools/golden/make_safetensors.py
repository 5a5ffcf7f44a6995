"""Writes tests/golden/checkpoint/*.safetensors with the format's own library.

    pip install safetensors==0.8.0 numpy
    python3 tools/golden/make_safetensors.py            # writes the golden files
    python3 tools/golden/make_safetensors.py --check F  # opens a file written by this project and prints its tensors
"""

import json
import pathlib
import struct
import sys

import numpy as np
import safetensors
from safetensors.numpy import load_file, save_file

OUT = pathlib.Path(__file__).resolve().parents[2] / "tests/golden/checkpoint"


def write_golden():
    OUT.mkdir(parents=True, exist_ok=True)
    tensors = {
        "a.weight": np.array([[0.0, 1.5, -2.25], [3.0, 1e-30, -1e30]], np.float32),
        "half": np.array([1.0, -0.5, 65504.0, 6e-8, np.inf, -0.0], np.float16),
        "tokens": np.array([-1, 0, 2**31 - 1], np.int32),
        "positions": np.array([[-(2**62)], [7]], np.int64),
        "bytes": np.array([0, 127, 255], np.uint8),
        "scalar": np.array(2.5, np.float32),
        "empty": np.zeros((0, 4), np.float32),
        "däta/λ": np.array([1.0], np.float32),
    }
    # What this project writes must be these very bytes.
    save_file(tensors, OUT / "loadable.safetensors", metadata={"format": "pt"})
    save_file({"double": np.array([0.1], np.float64), "flags": np.array([True, False]),
               "words": np.array([1, 2], np.uint16), "ok": np.array([4.0], np.float32)},
              OUT / "other_types.safetensors")
    # A file by another writer: no padding, so that floats lie at odd addresses, and data not in the order of the keys.
    header = json.dumps({"second": {"dtype": "F32", "shape": [2], "data_offsets": [3, 11]},
                         "first": {"shape": [3], "dtype": "U8", "data_offsets": [0, 3]}}).encode()
    header += b" " * (-len(header) % 2)
    data = bytes([1, 2, 3]) + np.array([1.25, -7.0], np.float32).tobytes()
    (OUT / "unaligned.safetensors").write_bytes(struct.pack("<Q", len(header)) + header + data)


def check(path):
    for name, value in sorted(load_file(path).items()):
        print(name, value.dtype, list(value.shape), value.ravel()[:8].tolist())
    with safetensors.safe_open(path, "np") as file:
        print("metadata", file.metadata())


if __name__ == "__main__":
    check(sys.argv[2]) if sys.argv[1:2] == ["--check"] else write_golden()
