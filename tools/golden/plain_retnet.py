"""RetNet (Sun et al. 2023, arXiv:2307.08621) written from its equations, in the two published layouts, as
plain_models.py does for other families: slow, short, in whatever precision the parameters have.

The retention itself is the recurrence, one token after the other; `parallel_retention` is the same sum written as a
matrix, and only it can say what torchscale's parallel form divides by.
"""

import math

import torch
import torch.nn.functional as F

from plain_models import output_logits, rms_norm, rotate, swiglu


def log_decays(heads, like):
    """ln gamma_h with gamma_h = 1 - 2^(-5 - h)."""
    return torch.tensor([math.log1p(-(2.0 ** (-5 - h))) for h in range(heads)], dtype=like.dtype)


def normalisers(log_decay, length):
    """s_n = sum of gamma^j for j from 0 to n: [heads, length]."""
    powers = torch.exp(log_decay[:, None] * torch.arange(length, dtype=log_decay.dtype))
    return powers.cumsum(dim=1)


def recurrent_retention(q, k, v, log_decay):
    """S_n = gamma S_{n-1} + k_n v_n^T,  o_n = q_n S_n.   q, k: [heads, length, d]; v: [heads, length, dv]."""
    decay = torch.exp(log_decay)[:, None, None]
    state = q.new_zeros(q.shape[0], q.shape[2], v.shape[2])
    outputs = []
    for n in range(q.shape[1]):
        state = decay * state + k[:, n, :, None] * v[:, n, None, :]
        outputs.append((q[:, n, None, :] @ state)[:, 0])
    return torch.stack(outputs, dim=1)


def parallel_retention(q, k, v, log_decay):
    """torchscale's parallel form: rows of (q k^T * decays / sqrt s) divided by their absolute sums, held constant."""
    length = q.shape[1]
    n = torch.arange(length, dtype=q.dtype)
    distance = (n[:, None] - n[None, :]).clamp(min=0)
    mask = torch.exp(distance * log_decay[:, None, None]).tril()
    weights = q @ k.transpose(1, 2) * mask / normalisers(log_decay, length).sqrt()[:, :, None]
    return weights / weights.detach().abs().sum(dim=-1, keepdim=True).clamp(min=1, max=5e4) @ v


def heads_first(x, heads):
    return x.view(x.shape[0], heads, -1).transpose(0, 1)


# torchscale -----------------------------------------------------------------------------------------------------------


def rotate_neighbours(x):
    """Pairs (2j, 2j + 1) turned by n * 10000^(-j / (d/2 - 1)). x: [heads, length, d]."""
    heads, length, width = x.shape
    exponents = [j / max(width // 2 - 1, 1) for j in range(width // 2)]
    angle = torch.arange(length, dtype=x.dtype)[:, None] * 10000.0 ** -torch.tensor(exponents, dtype=x.dtype)
    pairs = torch.view_as_complex(x.reshape(heads, length, width // 2, 2).contiguous())
    return torch.view_as_real(pairs * torch.polar(torch.ones_like(angle), angle)).reshape(x.shape)


def torchscale_retention(x, config, parameters, prefix, parallel):
    def project(name):
        return F.linear(x, parameters[f"{prefix}{name}.weight"])

    heads = config["decoder_retention_heads"]
    k = project("k_proj") * (config["decoder_embed_dim"] // heads) ** -0.5
    q, k = (rotate_neighbours(heads_first(y, heads)) for y in (project("q_proj"), k))
    v, log_decay = heads_first(project("v_proj"), heads), log_decays(heads, x)
    if parallel:
        o = parallel_retention(q, k, v, log_decay)
    else:
        o = recurrent_retention(q, k, v, log_decay) / normalisers(log_decay, x.shape[0]).sqrt()[:, :, None]
    o = rms_norm(o, 1.0, config["layernorm_eps"]).transpose(0, 1).reshape(x.shape[0], -1)
    return F.linear(F.silu(project("g_proj")) * o, parameters[prefix + "out_proj.weight"])


def torchscale_logits(config, parameters, ids, parallel):
    epsilon = config["layernorm_eps"]
    activation = {"gelu": F.gelu, "swish": F.silu, "relu": F.relu}[config["activation_fn"]]
    x = parameters["embed_tokens.weight"][ids]
    if not config["no_scale_embedding"]:
        x = x * config["decoder_embed_dim"] ** 0.5
    for layer in range(config["decoder_layers"]):
        prefix = f"layers.{layer}."
        normed = rms_norm(x, parameters[prefix + "retention_layer_norm.weight"], epsilon)
        x = x + torchscale_retention(normed, config, parameters, prefix + "retention.", parallel)
        normed = rms_norm(x, parameters[prefix + "final_layer_norm.weight"], epsilon)
        first, gate, second = (parameters[f"{prefix}ffn.{name}.weight"] for name in ("fc1", "gate", "fc2"))
        x = x + F.linear(activation(F.linear(normed, first)) * F.linear(normed, gate), second)
    x = rms_norm(x, parameters["layer_norm.weight"], epsilon)
    head = parameters.get("output_projection.weight")
    return F.linear(x, parameters["embed_tokens.weight"] if head is None else head)


# flash-linear-attention -----------------------------------------------------------------------------------------------


def fla_retention(x, config, parameters, prefix, retention=recurrent_retention):
    """`retention` may be another implementation of the same function of (q, k, v, log_decay)."""
    def project(name):
        return F.linear(x, parameters[f"{prefix}{name}.weight"])

    heads = config["num_heads"]
    groups = config["num_kv_heads"] or heads
    width = int(config["hidden_size"] * config["expand_k"]) // heads
    q, k = (rotate(heads_first(y, count), 10000.0)
            for y, count in ((project("q_proj"), heads), (project("k_proj"), groups)))
    k, v = (y.repeat_interleave(heads // groups, dim=0) for y in (k, heads_first(project("v_proj"), groups)))
    o = retention(q * width**-0.5, k, v, log_decays(heads, x))
    weight = parameters.get(prefix + "g_norm.weight", parameters.get(prefix + "g_norm_swish_gate.weight", 1.0))
    o = rms_norm(o, weight, config["norm_eps"]).transpose(0, 1).reshape(x.shape[0], -1)
    return F.linear(F.silu(project("g_proj")) * o, parameters[prefix + "o_proj.weight"])


def fla_logits(config, parameters, ids, retention=recurrent_retention):
    epsilon = config["norm_eps"]
    x = parameters["model.embeddings.weight"][ids]
    for layer in range(config["num_hidden_layers"]):
        prefix = f"model.layers.{layer}."
        normed = rms_norm(x, parameters[prefix + "attn_norm.weight"], epsilon)
        x = x + fla_retention(normed, config, parameters, prefix + "attn.", retention)
        normed = rms_norm(x, parameters[prefix + "mlp_norm.weight"], epsilon)
        x = x + swiglu(normed, parameters, prefix + "mlp.")
    return output_logits(rms_norm(x, parameters["model.norm.weight"], epsilon), parameters, "model.embeddings.weight")
