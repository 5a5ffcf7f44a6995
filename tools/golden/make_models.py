"""Writes tests/golden/models/: tiny random models and what their reference implementations compute on them.

Each directory is a Hugging Face model directory as `save_pretrained` writes it, plus `expected.safetensors` (its tensors
are listed in README.md). The values are the float32 ones of `transformers`; each model is also computed in float64 by
plain_models.py, and the largest difference, printed here and kept in README.md, is the rounding the golden values carry.

    python tools/golden/make_models.py [--out tests/golden/models] [--only NAME]
"""

import argparse
import copy
import json
import pathlib
import shutil

import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file
from transformers import (LlamaConfig, LlamaForCausalLM, MambaConfig, MambaForCausalLM, MistralConfig, MistralForCausalLM,
                          Qwen2Config, Qwen2ForCausalLM)

import plain_models
from tiny_tokenizer import tiny_tokenizer

ADAMW = {"lr": 1e-2, "betas": (0.9, 0.95), "eps": 1e-8}
WEIGHT_DECAY = 0.1
STEPS = 10

# Sizes that are no multiple of a vector, one feature of the family switched per case. "lengths": one sequence each.
MAMBA = {
    "mamba-plain": dict(vocab_size=41, hidden_size=24, num_hidden_layers=2, state_size=16, conv_kernel=4),
    "mamba-odd-sizes": dict(vocab_size=48, hidden_size=20, num_hidden_layers=2, expand=3, state_size=5, conv_kernel=3,
                            time_step_rank=3, use_conv_bias=False),
    "mamba-biases": dict(vocab_size=37, hidden_size=18, num_hidden_layers=1, state_size=1, conv_kernel=2, use_bias=True,
                         layer_norm_epsilon=1e-3),
    "mamba-untied": dict(vocab_size=47, hidden_size=17, num_hidden_layers=3, state_size=8, conv_kernel=4,
                         tie_word_embeddings=False, initializer_range=0.3, residual_in_fp32=False),
}
LLAMA = {
    "llama-plain": dict(vocab_size=41, hidden_size=24, num_hidden_layers=2, num_attention_heads=4, intermediate_size=64,
                        tie_word_embeddings=True),
    "llama-grouped-queries": dict(vocab_size=43, hidden_size=32, num_hidden_layers=2, num_attention_heads=4,
                                  num_key_value_heads=2, intermediate_size=37, tie_word_embeddings=False),
    "llama-head-dim": dict(vocab_size=39, hidden_size=20, num_hidden_layers=3, num_attention_heads=3,
                           num_key_value_heads=1, head_dim=10, intermediate_size=33, rope_theta=500.0,
                           rms_norm_eps=1e-3, tie_word_embeddings=True),
    "llama-biases": dict(vocab_size=47, hidden_size=28, num_hidden_layers=1, num_attention_heads=2,
                         intermediate_size=29, attention_bias=True, tie_word_embeddings=False),
}
# Positions scaled in each way; the lengths they were trained for are so short that the scores of LENGTHS are changed.
SCALED = {
    "llama-scaled": dict(vocab_size=41, hidden_size=32, num_hidden_layers=2, num_attention_heads=2,
                         intermediate_size=37, rope_theta=50.0,
                         rope_scaling={"rope_type": "llama3", "factor": 4.0, "low_freq_factor": 1.0,
                                       "high_freq_factor": 4.0, "original_max_position_embeddings": 32}),
    "llama-interpolated-half": dict(vocab_size=37, hidden_size=24, num_hidden_layers=1, num_attention_heads=4,
                                    num_key_value_heads=2, intermediate_size=35, tie_word_embeddings=True,
                                    rope_scaling={"rope_type": "linear", "factor": 2.5}),
    "qwen2-yarn": dict(vocab_size=45, hidden_size=36, num_hidden_layers=2, num_attention_heads=3,
                       num_key_value_heads=1, intermediate_size=31, rope_theta=100.0,
                       rope_scaling={"rope_type": "yarn", "factor": 3.0, "original_max_position_embeddings": 64}),
    "qwen2-yarn-factors": dict(vocab_size=39, hidden_size=40, num_hidden_layers=1, num_attention_heads=2,
                               num_key_value_heads=2, intermediate_size=27, rope_theta=1000.0,
                               rope_scaling={"rope_type": "yarn", "factor": 8.0, "beta_fast": 5, "beta_slow": 0.5,
                                             "attention_factor": 0.9, "original_max_position_embeddings": 64}),
}
# Llama under another name: with a window that no sequence fills, and with biases on some projections.
MISTRAL = {
    "mistral-window": dict(vocab_size=41, hidden_size=24, num_hidden_layers=2, num_attention_heads=4,
                           num_key_value_heads=2, intermediate_size=31, sliding_window=40, rope_theta=777.0),
}
QWEN2 = {
    "qwen2-plain": dict(vocab_size=41, hidden_size=24, num_hidden_layers=2, num_attention_heads=4,
                        num_key_value_heads=2, intermediate_size=31),
    "qwen2-tied": dict(vocab_size=37, hidden_size=20, num_hidden_layers=1, num_attention_heads=2,
                       num_key_value_heads=1, intermediate_size=33, tie_word_embeddings=True, rope_theta=1e6,
                       rms_norm_eps=1e-3),
    "qwen2-many-heads": dict(vocab_size=43, hidden_size=32, num_hidden_layers=2, num_attention_heads=8,
                             num_key_value_heads=8, intermediate_size=19),
    "qwen2-brain-float": dict(vocab_size=39, hidden_size=18, num_hidden_layers=3, num_attention_heads=3,
                              num_key_value_heads=3, intermediate_size=29),
}
LLAMA_LIKE = {"mistral": (MistralConfig, MistralForCausalLM), "qwen2": (Qwen2Config, Qwen2ForCausalLM),
              "llama": (LlamaConfig, LlamaForCausalLM)}
# Whose weights are kept in 16 bits.
SIXTEEN_BITS = {"qwen2-brain-float": torch.bfloat16, "llama-interpolated-half": torch.float16}
LENGTHS = {"mamba-plain": (7, 1, 33), "mamba-odd-sizes": (33, 7, 1), "mamba-biases": (1, 33, 7),
           "mamba-untied": (2, 33, 1, 3, 7), "llama-plain": (7, 1, 33), "llama-grouped-queries": (33, 7, 1),
           "llama-head-dim": (1, 33, 7), "llama-biases": (2, 33, 1, 3, 7), "mistral-window": (7, 1, 33),
           "qwen2-plain": (7, 1, 33), "qwen2-tied": (33, 7, 1), "qwen2-many-heads": (1, 33, 7),
           "qwen2-brain-float": (2, 33, 1, 3, 7), "llama-scaled": (50, 1, 7), "llama-interpolated-half": (7, 1, 33),
           "qwen2-yarn": (33, 7, 1), "qwen2-yarn-factors": (1, 50, 7)}
MAMBA_SCALES = {"in_proj.weight": 1.5, "conv1d.weight": 2.0, "x_proj.weight": 3.0, "dt_proj.weight": 2.0}
PARAMETERS_AFTER = {
    "mamba": ("backbone.embeddings.weight", "backbone.layers.0.mixer.A_log", "backbone.layers.0.mixer.conv1d.weight",
              "backbone.norm_f.weight"),
    "llama": ("model.embed_tokens.weight", "model.layers.0.self_attn.q_proj.weight", "model.norm.weight"),
}
# In "mamba-odd-sizes" the last rows of the embedding are padding: its twin in the original layout says so.
REAL_VOCABULARY = {"mamba-odd-sizes": 43}
# How the two styles of published Mamba checkpoints differ in names.
STATE_SPACES_NAME = {"backbone.embeddings.weight": "backbone.embedding.weight"}


def build(name, seed):
    """A random model whose every parameter matters: norms, D and biases are moved off their fresh 1 and 0, and the
    mixers of Mamba are scaled up until the carried state decides the logits (fresh, it contributes a thousandth)."""
    torch.manual_seed(seed)
    if name in MAMBA:
        model = MambaForCausalLM(MambaConfig(**MAMBA[name]))
    else:
        config, model = LLAMA_LIKE[name.split("-")[0]]
        model = model(config(initializer_range=0.3, max_position_embeddings=64, attn_implementation="eager",
                             **{**LLAMA, **SCALED, **MISTRAL, **QWEN2}[name]))
    with torch.no_grad():
        for parameter_name, parameter in model.named_parameters():
            if parameter.dim() == 1 or parameter_name.endswith("A_log"):
                parameter.add_(0.3 * torch.randn_like(parameter))
            for ending, factor in MAMBA_SCALES.items():
                if parameter_name.endswith(ending):
                    parameter.mul_(factor)
            if parameter_name.endswith("dt_proj.bias"):
                parameter.add_(1.5)
            if name in SIXTEEN_BITS:
                parameter.copy_(parameter.to(SIXTEEN_BITS[name]))
    return model.eval()


def mean_loss(logits, ids, offsets):
    """Mean cross-entropy over every token of every sequence that has a successor in its sequence."""
    pairs = [(logits[begin : end - 1], ids[begin + 1 : end]) for begin, end in zip(offsets, offsets[1:])]
    return F.cross_entropy(torch.cat([rows for rows, _ in pairs]), torch.cat([targets for _, targets in pairs]))


def optimizer(named_parameters):
    """AdamW; matrices and convolutions decay, A_log and everything one-dimensional do not."""
    groups = {WEIGHT_DECAY: [], 0.0: []}
    for name, parameter in named_parameters:
        decays = parameter.dim() >= 2 and not name.endswith("A_log")
        groups[WEIGHT_DECAY if decays else 0.0].append(parameter)
    return torch.optim.AdamW([{"params": p, "weight_decay": decay} for decay, p in groups.items()], **ADAMW)


def measure(logits_of_one, named_parameters, ids, offsets, kept, auxiliary=lambda: 0):
    """Everything expected.safetensors holds, for any function from one sequence's ids to its logits.

    `auxiliary` gives what the loss has beside the cross-entropy, once the logits of all sequences are computed."""

    def forward():
        return torch.cat([logits_of_one(ids[begin:end]) for begin, end in zip(offsets, offsets[1:])])

    logits = forward()
    loss = mean_loss(logits, ids, offsets) + auxiliary()
    loss.backward()
    result = {"logits": logits.detach().clone(), "loss": loss.detach().reshape(1).clone()}
    for name, parameter in named_parameters:
        result["gradient." + name] = parameter.grad.clone()
    adamw = optimizer(named_parameters)
    losses = []
    for _ in range(STEPS):
        adamw.zero_grad()
        loss = mean_loss(forward(), ids, offsets) + auxiliary()
        losses.append(loss.detach())
        loss.backward()
        adamw.step()
    result["adamw_losses"] = torch.stack(losses)
    for name, parameter in named_parameters:
        if name in kept:
            result["parameter_after." + name] = parameter.detach().clone()
    return result


def measure_in_float64(model, ids, offsets, kept):
    """The same numbers from plain_models.py with the same starting weights."""
    config = model.config.to_dict()
    family = config["model_type"]
    if family != "mamba":
        config.setdefault("head_dim", model.config.hidden_size // model.config.num_attention_heads)
    parameters = {name: p.detach().double().requires_grad_() for name, p in model.named_parameters()}
    function = plain_models.mamba_logits if family == "mamba" else plain_models.llama_logits
    return measure(lambda one: function(config, parameters, one), list(parameters.items()), ids, offsets, kept)


def noise(float32, float64):
    """Largest difference per kind of value: absolute, and (gradients) relative to the largest entry of each tensor."""
    worst = {}
    for name, value in float32.items():
        exact = float64[name]
        kind = name.split(".")[0]
        difference = (value.double() - exact).abs().max().item()
        if kind == "gradient":
            difference /= max(exact.abs().max().item(), 1e-30)
        worst[kind] = max(worst.get(kind, 0.0), difference)
    return worst


def save_expected(path, values, ids, offsets):
    values = dict(values, ids=ids.int(), offsets=torch.tensor(offsets, dtype=torch.int64))
    settings = {"lr": ADAMW["lr"], "beta1": ADAMW["betas"][0], "beta2": ADAMW["betas"][1], "epsilon": ADAMW["eps"],
                "weight_decay": WEIGHT_DECAY}
    # One entry only: the order in which several are written differs from run to run.
    save_file({name: value.contiguous() for name, value in values.items()}, path,
              metadata={"adamw": json.dumps(settings)})


def report(name, values, exact):
    """Prints how far the float32 values are from the same in float64."""
    columns = "  ".join(f"{kind} {value:.1e}" for kind, value in noise(values, exact).items())
    spread = (values["logits"].max() - values["logits"].min()).item()
    print(f"{name:24s} loss {values['loss'].item():.4f} -> {values['adamw_losses'][-1].item():.4f}  "
          f"logit range {spread:.2f}  difference from float64: {columns}")


def offsets_and_ids(lengths, vocabulary):
    """Where sequences of these lengths begin, laid end to end, and random tokens for them."""
    offsets = [sum(lengths[:count]) for count in range(len(lengths) + 1)]
    return offsets, torch.randint(0, vocabulary, (offsets[-1],))


def emptied(directory):
    """The directory as a writer of a case needs it: nothing in it is left from before."""
    shutil.rmtree(directory, ignore_errors=True)
    return directory


def save_case(directory, values, exact, ids, offsets):
    save_expected(directory / "expected.safetensors", values, ids, offsets)
    tiny_tokenizer().save(str(directory / "tokenizer.json"))
    report(directory.name, values, exact)


def write_cases(description, cases, write_case, folder="models"):
    """The command of every script that writes models: all cases, or --only one. Returns its arguments."""
    here = pathlib.Path(__file__).resolve()
    parser = argparse.ArgumentParser(description=description.splitlines()[0])
    parser.add_argument("--out", type=pathlib.Path, default=here.parents[2] / "tests" / "golden" / folder)
    parser.add_argument("--only", choices=list(cases))
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    for name in [arguments.only] if arguments.only else cases:
        write_case(name, arguments.out)
    return arguments


def write_state_spaces_twin(source, target):
    """The same weights and expectations under the names and configuration keys of the original Mamba code."""
    config = json.loads((source / "config.json").read_text())
    target.mkdir(parents=True, exist_ok=True)
    mixer = {"d_state": config["state_size"], "d_conv": config["conv_kernel"], "expand": config["expand"],
             "dt_rank": config["time_step_rank"], "conv_bias": config["use_conv_bias"], "bias": config["use_bias"]}
    original = {"d_model": config["hidden_size"], "d_intermediate": 0, "n_layer": config["num_hidden_layers"],
                "vocab_size": REAL_VOCABULARY[source.name], "ssm_cfg": mixer, "attn_layer_idx": [], "attn_cfg": {},
                "rms_norm": True, "residual_in_fp32": True, "fused_add_norm": True, "pad_vocab_size_multiple": 8,
                "tie_embeddings": True}
    (target / "config.json").write_text(json.dumps(original, indent=4) + "\n")

    def renamed(tensors):
        for name, value in tensors.items():
            for ours, theirs in STATE_SPACES_NAME.items():
                name = name.replace(ours, theirs)
            yield name, value

    # The original code keeps its weights so, the shared matrix under both of its names.
    state = dict(renamed(load_file(source / "model.safetensors")))
    state["lm_head.weight"] = state["backbone.embedding.weight"]
    torch.save(state, target / "pytorch_model.bin")
    expected = dict(renamed(load_file(source / "expected.safetensors")))
    ids, offsets = expected.pop("ids"), expected.pop("offsets")
    save_expected(target / "expected.safetensors", expected, ids, offsets.tolist())
    tiny_tokenizer().save(str(target / "tokenizer.json"))


def write_case(name, out):
    model = build(name, seed=sum(name.encode()))
    offsets, ids = offsets_and_ids(LENGTHS[name], REAL_VOCABULARY.get(name, model.config.vocab_size))
    kept = PARAMETERS_AFTER["mamba" if name in MAMBA else "llama"]

    directory = emptied(out / name)
    # A copy, because the angles of rotary positions must not be rounded.
    copy.deepcopy(model).to(SIXTEEN_BITS.get(name, torch.float32)).save_pretrained(directory)
    (directory / "model.safetensors").chmod(0o644)

    float64 = measure_in_float64(model, ids, offsets, kept)
    float32 = measure(lambda one: model(one[None], use_cache=False).logits[0], list(model.named_parameters()), ids,
                      offsets, kept)
    save_case(directory, float32, float64, ids, offsets)


def main():
    arguments = write_cases(__doc__, [*MAMBA, *LLAMA, *SCALED, *MISTRAL, *QWEN2], write_case)
    if not arguments.only:
        write_state_spaces_twin(arguments.out / "mamba-odd-sizes", arguments.out / "mamba-state-spaces")


if __name__ == "__main__":
    main()
