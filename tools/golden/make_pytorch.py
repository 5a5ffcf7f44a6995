"""Writes the PyTorch files of tests/golden/checkpoint/, which the tests of the reader open.

    python tools/golden/make_pytorch.py [--out tests/golden/checkpoint]

Of what can be loaded, `pytorch_expected.safetensors` holds the same tensors, dense.
"""

import argparse
import collections
import io
import pathlib
import zipfile

import numpy
import torch
from safetensors.torch import save_file


def tensors():
    """Every element type, views of every kind, and storages that several tensors share."""
    base = torch.arange(24, dtype=torch.float32).reshape(2, 3, 4) / 8
    tied = torch.tensor([[1.5, -2.5], [0.125, 3e-30]])
    return collections.OrderedDict(
        [("base", base), ("transposed", base.transpose(0, 2)), ("sliced", base[1, :, 1:3]), ("every_second", base[0, 2, ::2]),
         ("row_of_base", base[1, 1]), ("tied.in", tied), ("tied.out", tied), ("one_axis_of_one", base[:, :1].squeeze(1)),
         ("scalar", torch.tensor(2.5)), ("empty", torch.zeros(0, 4)), ("half", torch.tensor([1.0, -0.5]).half()),
         ("brain", torch.tensor([[1.0, -0.5, 3.0]]).bfloat16().t()), ("integers", torch.tensor([-1, 2], dtype=torch.int32)),
         ("long", torch.tensor([[-(1 << 62)], [7]])), ("bytes", torch.tensor([0, 127, 255], dtype=torch.uint8)),
         ("parameter", torch.nn.Parameter(torch.tensor([0.5, 0.25])))])


def others():
    """What can be listed but not loaded."""
    return {"double": torch.ones(2, dtype=torch.float64), "flags": torch.tensor([True, False]),
            "complex": torch.ones(1, dtype=torch.complex64), "expanded": torch.ones(1).expand(3, 1000000)}


def training():
    """As training programs save: dictionaries of models, an optimizer's state, numbers."""
    torch.manual_seed(1)
    model = torch.nn.Linear(3, 2)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    model(torch.ones(1, 3)).sum().backward()
    optimizer.step()
    state = {"module.backbone." + name: value for name, value in model.state_dict().items()}
    return {"encoder": state, "predictor": {"module." + name: value for name, value in model.state_dict().items()},
            "opt": optimizer.state_dict(), "scaler": {"scale": 65536.0, "growth_tracker": 0, "found": None},
            "target_encoder": state, "epoch": 300, "loss": numpy.float64(0.25), "lr": 0.000625, "name": "v", "amp": True,
            "sizes": torch.Size([3, 2]), "arguments": argparse.Namespace(depth=2), "big": 1 << 80}


def write_refused(out):
    torch.save(torch.nn.Linear(1, 1), out / "module.pt")
    torch.jit.script(torch.nn.Linear(1, 1)).save(out / "script.pt")
    plain = io.BytesIO()
    torch.save({"a": torch.ones(2)}, plain)
    with zipfile.ZipFile(plain) as archive, zipfile.ZipFile(out / "compressed.pt", "w", zipfile.ZIP_DEFLATED) as packed:
        for name in archive.namelist():
            packed.writestr(zipfile.ZipInfo(name), archive.read(name), zipfile.ZIP_DEFLATED)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=pathlib.Path,
                        default=pathlib.Path(__file__).resolve().parents[2] / "tests/golden/checkpoint")
    out = parser.parse_args().out
    torch.save(tensors(), out / "tensors.pt")
    torch.save(tensors(), out / "protocol4.pt", pickle_protocol=4)
    torch.save(others(), out / "others.pt")
    torch.save(training(), out / "training.pth.tar")
    torch.save(torch.tensor([4.0]), out / "bare.pt")
    write_refused(out)
    save_file({name: value.detach().clone().contiguous() for name, value in tensors().items()},
              out / "pytorch_expected.safetensors")
    (out / "pytorch_expected.safetensors").chmod(0o644)


if __name__ == "__main__":
    main()
