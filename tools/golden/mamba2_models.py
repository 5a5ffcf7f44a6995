"""Writes the Mamba-2 cases of tests/golden/models/; make_models.py describes the files.

`transformers` 4.46.3 computes Mamba-2 as its authors do only in part: its sequential path gives head h the group h mod
groups instead of h / (heads / groups), normalises all groups together, carries the wrong state from chunk to chunk, clamps
steps by `time_step_min` instead of `time_step_limit`, and cannot take a sequence of one token. Its values are stored where
none of that shows: as many groups as heads or one, the norm declared (`sequent_full_width_norm`), one chunk, both limits
alike, and a token after every sequence. The other cases are those of plain_models.py, computed in float64.

    python tools/golden/mamba2_models.py [--out tests/golden/models] [--only NAME]
"""

import json
import math

import torch
from transformers import Mamba2Config, Mamba2ForCausalLM

import plain_models
from make_models import emptied, measure, offsets_and_ids, save_case, write_cases

# Sizes that are no multiple of a vector.
BY_TRANSFORMERS = {
    "mamba2-plain": dict(vocab_size=41, hidden_size=24, num_hidden_layers=2, num_heads=3, head_dim=16, n_groups=1,
                         state_size=8, conv_kernel=4),
    "mamba2-groups": dict(vocab_size=43, hidden_size=18, num_hidden_layers=2, num_heads=3, head_dim=12, n_groups=3,
                          state_size=5, conv_kernel=2),
    "mamba2-limits": dict(vocab_size=39, hidden_size=14, expand=5, num_hidden_layers=1, num_heads=5, head_dim=14,
                          n_groups=1, state_size=17, conv_kernel=3, use_bias=True, use_conv_bias=False,
                          layer_norm_epsilon=1e-3, time_step_min=0.6, time_step_limit=(0.6, math.inf)),
}
BY_EQUATIONS = {
    "mamba2-grouped-norm": dict(vocab_size=37, hidden_size=15, num_hidden_layers=2, num_heads=6, head_dim=5, n_groups=2,
                                state_size=9, conv_kernel=4, time_step_limit=(0.2, 1.5)),
}
# In the layout of the original code: a skip per channel and the norm before the gate.
ORIGINAL = {
    "mamba2-state-spaces": dict(vocab_size=48, hidden_size=16, num_hidden_layers=2, num_heads=4, head_dim=8, n_groups=2,
                                state_size=6, conv_kernel=4, tie_word_embeddings=True, time_step_limit=(0.1, math.inf)),
}
LENGTHS = {"mamba2-plain": (7, 1, 33), "mamba2-groups": (33, 7, 1), "mamba2-limits": (1, 33, 7),
           "mamba2-grouped-norm": (2, 33, 1, 3, 7), "mamba2-state-spaces": (7, 1, 33)}
SCALES = {"in_proj.weight": 3.0, "conv1d.weight": 2.0}
PARAMETERS_AFTER = ("backbone.embeddings.weight", "backbone.layers.0.mixer.A_log",
                    "backbone.layers.0.mixer.conv1d.weight", "backbone.layers.0.mixer.norm.weight",
                    "backbone.norm_f.weight")


def build(name):
    """A random model whose every parameter matters (see make_models.build)."""
    torch.manual_seed(sum(name.encode()))
    settings = {**BY_TRANSFORMERS, **BY_EQUATIONS, **ORIGINAL}[name]
    model = Mamba2ForCausalLM(Mamba2Config(chunk_size=64, bos_token_id=0, eos_token_id=0, pad_token_id=0, **settings))
    with torch.no_grad():
        for parameter_name, parameter in model.named_parameters():
            if parameter.dim() == 1:
                parameter.add_(0.3 * torch.randn_like(parameter))
            for ending, factor in SCALES.items():
                if parameter_name.endswith(ending):
                    parameter.mul_(factor)
            if parameter_name.endswith("dt_bias"):
                parameter.add_(3.0)
    for layer in model.backbone.layers:
        layer.mixer.time_step_min = settings.get("time_step_limit", (0.0,))[0]
    return model.eval()


def by_transformers(model, ids, offsets):
    def logits(one):
        return model(torch.cat([one, one[:1]])[None], use_cache=False).logits[0, :-1]

    return measure(logits, list(model.named_parameters()), ids, offsets, PARAMETERS_AFTER)


def by_equations(model, ids, offsets, **switches):
    """In float64; `switches` are the settings that transformers does not have."""
    config = {**model.config.to_dict(), "full_width_norm": False, "norm_before_gate": False, **switches}
    parameters = {name: p.detach().double().requires_grad_() for name, p in model.named_parameters()}
    if switches.get("norm_before_gate"):
        # A skip per channel goes with it.
        for name in [name for name in parameters if name.endswith(".D")]:
            spread = parameters[name].detach().repeat_interleave(config["head_dim"])
            parameters[name] = (spread + 0.3 * torch.randn_like(spread)).float().double().requires_grad_()
    starts = {name: p.detach().float().contiguous() for name, p in parameters.items()}
    values = measure(lambda one: plain_models.mamba2_logits(config, parameters, one), list(parameters.items()), ids,
                     offsets, PARAMETERS_AFTER)
    return values, starts


def in_float32(values):
    return {name: value.float() for name, value in values.items()}


def original_config(model):
    """config.json of the original code, whose mixers the model's switches are."""
    config = model.config
    mixer = {"layer": "Mamba2", "d_state": config.state_size, "d_conv": config.conv_kernel, "expand": config.expand,
             "headdim": config.head_dim, "ngroups": config.n_groups, "D_has_hdim": True, "norm_before_gate": True,
             "dt_limit": list(config.time_step_limit)}
    return {"d_model": config.hidden_size, "d_intermediate": 0, "n_layer": config.num_hidden_layers,
            "vocab_size": config.vocab_size - 5, "ssm_cfg": mixer, "attn_layer_idx": [], "attn_cfg": {},
            "rms_norm": True, "residual_in_fp32": True, "fused_add_norm": True, "pad_vocab_size_multiple": 16,
            "tie_embeddings": True}


def original_names(tensors):
    return {name.replace("backbone.embeddings.", "backbone.embedding."): value for name, value in tensors.items()}


def write_case(name, out):
    model = build(name)
    offsets, ids = offsets_and_ids(LENGTHS[name], model.config.vocab_size - 5)
    directory = emptied(out / name)
    if name in ORIGINAL:
        exact, starts = by_equations(model, ids, offsets, norm_before_gate=True)
        values = original_names(in_float32(exact))
        exact = original_names(exact)
        directory.mkdir(parents=True)
        (directory / "config.json").write_text(json.dumps(original_config(model), indent=4) + "\n")
        # As its checkpoints are, the shared matrix under both of its names.
        state = original_names(starts)
        torch.save({**state, "lm_head.weight": state["backbone.embedding.weight"]}, directory / "pytorch_model.bin")
    else:
        model.save_pretrained(directory)
        (directory / "model.safetensors").chmod(0o644)
        full_width = name in BY_TRANSFORMERS and model.config.n_groups > 1
        if full_width:
            path = directory / "config.json"
            path.write_text(path.read_text().replace("{\n", '{\n  "sequent_full_width_norm": true,\n', 1))
        exact, _ = by_equations(model, ids, offsets, full_width_norm=full_width)
        values = by_transformers(model, ids, offsets) if name in BY_TRANSFORMERS else in_float32(exact)
    save_case(directory, values, exact, ids, offsets)


if __name__ == "__main__":
    write_cases(__doc__, [*BY_TRANSFORMERS, *BY_EQUATIONS, *ORIGINAL], write_case)
