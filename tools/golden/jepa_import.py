"""Imports V-JEPA from a checkout of facebookresearch/jepa that the environment variable JEPA names.

Attention is switched to the plain softmax of the same code: what it computes is the same, on any version of torch.
"""

import functools
import os
import sys


@functools.cache
def modules():
    """(vision_transformer, predictor, attentive_pooler)"""
    if "JEPA" not in os.environ:
        raise SystemExit("set JEPA to a checkout of https://github.com/facebookresearch/jepa")
    sys.path.insert(0, os.environ["JEPA"])
    from src.models import attentive_pooler, predictor, vision_transformer

    return vision_transformer, predictor, attentive_pooler


def with_plain_attention(model):
    for module in model.modules():
        if hasattr(module, "use_sdpa"):
            module.use_sdpa = False
    return model
