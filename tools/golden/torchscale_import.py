"""Imports RetNet from a checkout of microsoft/torchscale that the environment variable TORCHSCALE names.

Its modules ask for fairscale, timm and einops at import time; none of their work is done in a RetNet without mixture of
experts, sharding or drop path, so where they are not installed, empty stand-ins take their place.
"""

import functools
import importlib.util
import os
import sys
import types


def _stand_in(name, *functions):
    """An importable module `name` whose functions refuse to be called."""

    def refuse(*_, **__):
        raise RuntimeError(f"{name} is not installed, and was expected not to be used")

    module = types.ModuleType(name)
    module.__path__ = []
    for function in functions:
        setattr(module, function, refuse)
    sys.modules[name] = module


@functools.cache
def retnet():
    """(RetNetConfig, RetNetDecoder)"""
    if "TORCHSCALE" not in os.environ:
        raise SystemExit("set TORCHSCALE to a checkout of https://github.com/microsoft/torchscale")
    needed = {"fairscale": {"fairscale": (), "fairscale.nn": ("checkpoint_wrapper", "wrap")},
              "timm": {"timm": (), "timm.models": (), "timm.models.layers": ("drop_path",)},
              "einops": {"einops": ("rearrange", "repeat")}}
    for package, modules in needed.items():
        if importlib.util.find_spec(package) is None:
            for name, functions in modules.items():
                _stand_in(name, *functions)
    sys.path.insert(0, os.environ["TORCHSCALE"])
    from torchscale.architecture.config import RetNetConfig
    from torchscale.architecture.retnet import RetNetDecoder

    return RetNetConfig, RetNetDecoder
