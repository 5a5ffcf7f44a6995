"""Mamba, Mamba-2, Llama, GPT-2, Mixtral and Jamba written from their equations: slow, short, and in whatever precision the parameters have.

These functions check the published implementations: those compute some steps in float32 whatever they are asked for, so
only an independent transcription can say, in float64, how much rounding the golden values carry.

Each function takes the configuration as a plain dictionary with Hugging Face keys, the parameters as a dictionary
{published name: tensor}, and the ids of one sequence as a 1-D tensor; it returns the logits [length, vocabulary].
"""

import math

import torch
import torch.nn.functional as F


def rms_norm(x, weight, epsilon):
    """y = x / sqrt(mean(x^2) + epsilon) * weight, over the last dimension."""
    return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + epsilon) * weight


def output_logits(x, parameters, embedding_name):
    """A model without lm_head.weight shares the embedding between its two ends."""
    head = parameters.get("lm_head.weight")
    return F.linear(x, parameters[embedding_name] if head is None else head)


# Mamba (Gu and Dao 2023, arXiv:2312.00752) ----------------------------------------------------------------------------


def causal_convolution(x, weight, bias):
    """Depthwise: y[t, e] = bias[e] + sum_k weight[e, k] * x[t - K + 1 + k, e], zeros before the first token."""
    taps = weight.shape[-1]
    padded = torch.cat([x.new_zeros(taps - 1, x.shape[1]), x])
    y = sum(weight[:, 0, k] * padded[k : k + x.shape[0]] for k in range(taps))
    return y if bias is None else y + bias


def selective_scan(x, delta, a, b, c, d):
    """h[t] = exp(delta[t] A) h[t-1] + delta[t] B[t] x[t];  y[t] = C[t] . h[t] + D x[t].

    x, delta: [length, channels]; a: [channels, states]; b, c: [length, states]; d: [channels].
    A is discretised by zero-order hold, B by Euler's rule, as in the paper's code (not its equation 4).
    """
    state = torch.zeros_like(a)
    outputs = []
    for t in range(x.shape[0]):
        state = torch.exp(delta[t][:, None] * a) * state + (delta[t] * x[t])[:, None] * b[t][None, :]
        outputs.append(state @ c[t])
    return torch.stack(outputs) + d * x


def mamba_mixer(u, config, parameters, prefix):
    """One mixer, u: [length, width] already normalised."""

    def weight(name):
        return parameters.get(prefix + name)

    rank, states = config["time_step_rank"], config["state_size"]
    x, z = F.linear(u, weight("in_proj.weight"), weight("in_proj.bias")).chunk(2, dim=-1)
    x = F.silu(causal_convolution(x, weight("conv1d.weight"), weight("conv1d.bias")))
    dt, b, c = F.linear(x, weight("x_proj.weight")).split([rank, states, states], dim=-1)
    if config.get("inner_norms") or weight("dt_layernorm.weight") is not None:
        # Falcon Mamba's have no weights.
        weights = (weight(name + "_layernorm.weight") for name in ("dt", "b", "c"))
        dt, b, c = (rms_norm(part, 1.0 if w is None else w, config["inner_norm_epsilon"])
                    for w, part in zip(weights, (dt, b, c)))
    delta = F.softplus(F.linear(dt, weight("dt_proj.weight"), weight("dt_proj.bias")))
    y = selective_scan(x, delta, -torch.exp(weight("A_log")), b, c, weight("D"))
    return F.linear(y * F.silu(z), weight("out_proj.weight"), weight("out_proj.bias"))


def mamba_logits(config, parameters, ids):
    embedding = "backbone.embeddings.weight"
    epsilon = config["layer_norm_epsilon"]
    x = parameters[embedding][ids]
    for layer in range(config["num_hidden_layers"]):
        prefix = f"backbone.layers.{layer}."
        normed = rms_norm(x, parameters[prefix + "norm.weight"], epsilon)
        x = x + mamba_mixer(normed, config, parameters, prefix + "mixer.")
    return output_logits(rms_norm(x, parameters["backbone.norm_f.weight"], epsilon), parameters, embedding)


# Mamba-2 (Dao and Gu 2024, arXiv:2405.21060) --------------------------------------------------------------------------


def duality(x, delta, rate, b, c, d):
    """S[t] = exp(delta[t] rate) S[t-1] + delta[t] x[t] b[t]^T;  y[t] = S[t] c[t] + d x[t], for each head.

    x: [length, heads, width]; delta: [length, heads]; rate: [heads]; b, c: [length, groups, states], each of them for
    heads / groups consecutive heads; d: [heads] or [heads, width].
    """
    heads, width = x.shape[1:]
    b, c = (part.repeat_interleave(heads // part.shape[1], dim=1) for part in (b, c))
    state = x.new_zeros(heads, width, b.shape[-1])
    outputs = []
    for t in range(x.shape[0]):
        step = (delta[t][:, None] * x[t])[:, :, None] * b[t][:, None, :]
        state = torch.exp(delta[t] * rate)[:, None, None] * state + step
        outputs.append((state @ c[t][:, :, None])[:, :, 0])
    return torch.stack(outputs) + d.reshape(heads, -1) * x


def gated_norm(y, z, weight, groups, epsilon, norm_before_gate):
    """RMSNorm over each of `groups` parts of the channels, and the gate silu(z) before or after it."""

    def norm(v):
        parts = v.view(v.shape[0], groups, -1)
        return (parts * torch.rsqrt(parts.pow(2).mean(-1, keepdim=True) + epsilon)).view_as(v) * weight

    return norm(y) * F.silu(z) if norm_before_gate else norm(y * F.silu(z))


def mamba2_mixer(u, config, parameters, prefix):
    """One mixer, u: [length, width] already normalised."""

    def weight(name):
        return parameters.get(prefix + name)

    heads, width, groups, states = (config[key] for key in ("num_heads", "head_dim", "n_groups", "state_size"))
    inner, keys, length = heads * width, groups * states, u.shape[0]
    z, convolved, dt = F.linear(u, weight("in_proj.weight"), weight("in_proj.bias")).split(
        [inner, inner + 2 * keys, heads], dim=-1)
    convolved = F.silu(causal_convolution(convolved, weight("conv1d.weight"), weight("conv1d.bias")))
    x, b, c = convolved.split([inner, keys, keys], dim=-1)
    delta = F.softplus(dt + weight("dt_bias")).clamp(*config["time_step_limit"])
    y = duality(x.view(length, heads, width), delta, -torch.exp(weight("A_log")), b.view(length, groups, states),
                c.view(length, groups, states), weight("D")).reshape(length, inner)
    if weight("norm.weight") is None:
        y = y * F.silu(z)
    else:
        y = gated_norm(y, z, weight("norm.weight"), 1 if config["full_width_norm"] else groups,
                       config["layer_norm_epsilon"], config["norm_before_gate"])
    return F.linear(y, weight("out_proj.weight"), weight("out_proj.bias"))


def mamba2_logits(config, parameters, ids):
    embedding = "backbone.embeddings.weight"
    epsilon = config["layer_norm_epsilon"]
    x = parameters[embedding][ids]
    for layer in range(config["num_hidden_layers"]):
        prefix = f"backbone.layers.{layer}."
        normed = rms_norm(x, parameters[prefix + "norm.weight"], epsilon)
        x = x + mamba2_mixer(normed, config, parameters, prefix + "mixer.")
    return output_logits(rms_norm(x, parameters["backbone.norm_f.weight"], epsilon), parameters, embedding)


# Llama (Touvron et al. 2023, arXiv:2302.13971) ------------------------------------------------------------------------


def rotary_frequencies(dimension, base, scaling, dtype):
    """base^(-2j/d) for each pair j, slower as `scaling` says, and what the rotated channels are multiplied by."""
    pair = torch.arange(dimension // 2, dtype=dtype)
    frequency = base ** (-2 * pair / dimension)
    if not scaling:
        return frequency, 1.0
    kind, factor = scaling["rope_type"], scaling["factor"]
    if kind == "linear":
        return frequency / factor, 1.0
    trained = scaling["original_max_position_embeddings"]
    if kind == "llama3":
        low, high = scaling["low_freq_factor"], scaling["high_freq_factor"]
        kept = ((trained * frequency / (2 * math.pi) - low) / (high - low)).clamp(0, 1)
        return kept * frequency + (1 - kept) * frequency / factor, 1.0

    def pair_that_turns(times):
        return dimension * math.log(trained / (times * 2 * math.pi)) / (2 * math.log(base))

    first = max(math.floor(pair_that_turns(scaling.get("beta_fast", 32))), 0)
    last = min(math.ceil(pair_that_turns(scaling.get("beta_slow", 1))), dimension - 1)
    kept = 1 - ((pair - first) / (last - first)).clamp(0, 1)
    return (kept * frequency + (1 - kept) * frequency / factor,
            scaling.get("attention_factor", 0.1 * math.log(factor) + 1))


def rotate(x, base, scaling=None):
    """Rotary positions, half-split pairs (j, j + d/2) turned by n times their frequency. x: [heads, length, d]."""
    length, dimension = x.shape[-2:]
    frequency, factor = rotary_frequencies(dimension, base, scaling, x.dtype)
    angle = torch.arange(length, dtype=x.dtype)[:, None] * frequency
    first, second = x.chunk(2, dim=-1)
    cosine, sine = factor * torch.cos(angle), factor * torch.sin(angle)
    return torch.cat([first * cosine - second * sine, second * cosine + first * sine], dim=-1)


def causal_attention(x, config, parameters, prefix):
    """Grouped-query attention: query head h reads key/value head h / (heads / key_value_heads)."""
    heads, groups, dimension = (config[key] for key in ("num_attention_heads", "num_key_value_heads", "head_dim"))
    length = x.shape[0]

    def project(name, count):
        y = F.linear(x, parameters[prefix + name + ".weight"], parameters.get(prefix + name + ".bias"))
        return y.view(length, count, dimension).transpose(0, 1)

    query, key = project("q_proj", heads), project("k_proj", groups)
    if config["rope_theta"] is not None:
        query, key = (rotate(x, config["rope_theta"], config.get("rope_scaling")) for x in (query, key))
    key = key.repeat_interleave(heads // groups, dim=0)
    value = project("v_proj", groups).repeat_interleave(heads // groups, dim=0)
    scores = query @ key.transpose(1, 2) / dimension**0.5
    future = torch.ones(length, length, dtype=torch.bool).triu(1)
    mixed = torch.softmax(scores.masked_fill(future, float("-inf")), dim=-1) @ value
    mixed = mixed.transpose(0, 1).reshape(length, heads * dimension)
    return F.linear(mixed, parameters[prefix + "o_proj.weight"], parameters.get(prefix + "o_proj.bias"))


def swiglu(x, parameters, prefix):
    """down(silu(gate x) * up x)."""
    gate = F.silu(F.linear(x, parameters[prefix + "gate_proj.weight"]))
    return F.linear(gate * F.linear(x, parameters[prefix + "up_proj.weight"]), parameters[prefix + "down_proj.weight"])


def llama_logits(config, parameters, ids):
    embedding = "model.embed_tokens.weight"
    epsilon = config["rms_norm_eps"]
    x = parameters[embedding][ids]
    for layer in range(config["num_hidden_layers"]):
        prefix = f"model.layers.{layer}."
        normed = rms_norm(x, parameters[prefix + "input_layernorm.weight"], epsilon)
        x = x + causal_attention(normed, config, parameters, prefix + "self_attn.")
        normed = rms_norm(x, parameters[prefix + "post_attention_layernorm.weight"], epsilon)
        x = x + swiglu(normed, parameters, prefix + "mlp.")
    return output_logits(rms_norm(x, parameters["model.norm.weight"], epsilon), parameters, embedding)


# GPT-2 (Radford et al. 2019) -------------------------------------------------------------------------------------------

ACTIVATIONS = {"gelu_new": lambda x: 0.5 * x * (1 + torch.tanh((2 / torch.pi) ** 0.5 * (x + 0.044715 * x**3))),
             "gelu": F.gelu, "relu": F.relu}


def gpt2_logits(config, parameters, ids):
    """Matrices are [inputs, outputs]; c_attn gives queries, keys and values, each of all heads, side by side."""

    def layer_norm(x, name):
        return F.layer_norm(x, x.shape[-1:], parameters[name + ".weight"], parameters[name + ".bias"],
                            config["layer_norm_epsilon"])

    def affine(x, name):
        return x @ parameters[name + ".weight"] + parameters[name + ".bias"]

    heads, length = config["n_head"], ids.shape[0]
    future = torch.ones(length, length, dtype=torch.bool).triu(1)
    x = parameters["transformer.wte.weight"][ids] + parameters["transformer.wpe.weight"][:length]
    for layer in range(config["n_layer"]):
        prefix = f"transformer.h.{layer}."
        projected = affine(layer_norm(x, prefix + "ln_1"), prefix + "attn.c_attn")
        query, key, value = (part.view(length, heads, -1).transpose(0, 1) for part in projected.chunk(3, dim=-1))
        scores = query @ key.transpose(1, 2) / query.shape[-1] ** 0.5
        mixed = torch.softmax(scores.masked_fill(future, float("-inf")), dim=-1) @ value
        x = x + affine(mixed.transpose(0, 1).reshape(length, -1), prefix + "attn.c_proj")
        hidden = ACTIVATIONS[config["activation_function"]](affine(layer_norm(x, prefix + "ln_2"), prefix + "mlp.c_fc"))
        x = x + affine(hidden, prefix + "mlp.c_proj")
    return output_logits(layer_norm(x, "transformer.ln_f"), parameters, "transformer.wte.weight")


# Mixtral (Jiang et al. 2024, arXiv:2401.04088) ------------------------------------------------------------------------


def mixtral_experts(x, config, parameters, prefix):
    """The experts with the highest probabilities, weighted by these divided by their sum; also the router's logits."""
    logits = F.linear(x, parameters[prefix + "gate.weight"])
    gates, chosen = torch.softmax(logits, dim=-1).topk(config["num_experts_per_tok"], dim=-1)
    gates = gates / gates.sum(-1, keepdim=True)

    def expert(index):
        w1, w2, w3 = (parameters[f"{prefix}experts.{index}.{name}.weight"] for name in ("w1", "w2", "w3"))
        return F.linear(F.silu(F.linear(x, w1)) * F.linear(x, w3), w2)

    outputs = torch.stack([expert(index) for index in range(config["num_local_experts"])], dim=1)
    picked = outputs.gather(1, chosen[:, :, None].expand(-1, -1, x.shape[-1]))
    return (gates[:, :, None] * picked).sum(1), logits


def mixtral_logits(config, parameters, ids):
    """Also returns the router's logits of each layer, in order."""
    embedding = "model.embed_tokens.weight"
    epsilon = config["rms_norm_eps"]
    routers = []
    x = parameters[embedding][ids]
    for layer in range(config["num_hidden_layers"]):
        prefix = f"model.layers.{layer}."
        normed = rms_norm(x, parameters[prefix + "input_layernorm.weight"], epsilon)
        x = x + causal_attention(normed, config, parameters, prefix + "self_attn.")
        normed = rms_norm(x, parameters[prefix + "post_attention_layernorm.weight"], epsilon)
        y, logits = mixtral_experts(normed, config, parameters, prefix + "block_sparse_moe.")
        routers.append(logits)
        x = x + y
    return output_logits(rms_norm(x, parameters["model.norm.weight"], epsilon), parameters, embedding), routers


# Jamba (Lieber et al. 2024, arXiv:2403.19887) -------------------------------------------------------------------------


def top_experts(x, config, parameters, prefix):
    """The experts with the highest probabilities, weighted by these as they are (not divided by their sum).

    Returns the output and the router's logits; x: [length, width].
    """
    logits = F.linear(x, parameters[prefix + "router.weight"])
    gates, chosen = torch.softmax(logits, dim=-1).topk(config["num_experts_per_tok"], dim=-1)
    experts = torch.stack([swiglu(x, parameters, f"{prefix}experts.{e}.") for e in range(config["num_experts"])], dim=1)
    picked = experts.gather(1, chosen[:, :, None].expand(-1, -1, x.shape[-1]))
    return (gates[:, :, None] * picked).sum(1), logits


def balance_loss(router_logits, experts_per_token):
    """experts * sum_e (choices of e per token) * (mean probability of e), over the tokens of all layers together."""
    logits = torch.cat(router_logits)
    chosen = logits.topk(experts_per_token, dim=-1).indices
    share = F.one_hot(chosen, logits.shape[-1]).to(logits.dtype).sum(1).mean(0)
    return logits.shape[-1] * (share * torch.softmax(logits, dim=-1).mean(0)).sum()


def jamba_logits(config, parameters, ids):
    """Also returns the router's logits of each layer with experts, in order."""
    embedding = "model.embed_tokens.weight"
    epsilon = config["rms_norm_eps"]
    mixer = {"time_step_rank": config["mamba_dt_rank"], "state_size": config["mamba_d_state"],
             "inner_norm_epsilon": epsilon}
    attention = {"head_dim": config["hidden_size"] // config["num_attention_heads"], "rope_theta": None, **config}
    routers = []
    x = parameters[embedding][ids]
    for layer in range(config["num_hidden_layers"]):
        prefix = f"model.layers.{layer}."
        normed = rms_norm(x, parameters[prefix + "input_layernorm.weight"], epsilon)
        if layer % config["attn_layer_period"] == config["attn_layer_offset"]:
            x = x + causal_attention(normed, attention, parameters, prefix + "self_attn.")
        else:
            x = x + mamba_mixer(normed, mixer, parameters, prefix + "mamba.")
        normed = rms_norm(x, parameters[prefix + "pre_ff_layernorm.weight"], epsilon)
        if config["num_experts"] > 1 and layer % config["expert_layer_period"] == config["expert_layer_offset"]:
            y, logits = top_experts(normed, config, parameters, prefix + "feed_forward.")
            routers.append(logits)
            x = x + y
        else:
            x = x + swiglu(normed, parameters, prefix + "feed_forward.")
    final = rms_norm(x, parameters["model.final_layernorm.weight"], epsilon)
    return output_logits(final, parameters, embedding), routers
