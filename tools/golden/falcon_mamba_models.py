"""Writes the FalconMamba cases of tests/golden/models/; make_models.py describes the files.

    python tools/golden/falcon_mamba_models.py [--out tests/golden/models] [--only NAME]
"""

import torch
from transformers import FalconMambaConfig, FalconMambaForCausalLM

import plain_models
from make_models import MAMBA_SCALES, PARAMETERS_AFTER, emptied, measure, offsets_and_ids, save_case, write_cases

# The inner width is what intermediate_size says, whatever expand does.
FALCON_MAMBA = {
    "falcon-mamba-plain": dict(vocab_size=41, hidden_size=24, num_hidden_layers=2, state_size=16, conv_kernel=4,
                               intermediate_size=48, tie_word_embeddings=False),
    "falcon-mamba-inner-width": dict(vocab_size=39, hidden_size=20, num_hidden_layers=2, state_size=5, conv_kernel=3,
                                     expand=16, intermediate_size=33, time_step_rank=3, use_conv_bias=False,
                                     mixer_rms_eps=1e-2, tie_word_embeddings=False),
    "falcon-mamba-biases": dict(vocab_size=37, hidden_size=18, num_hidden_layers=1, state_size=3, conv_kernel=2,
                                intermediate_size=27, use_bias=True, layer_norm_epsilon=1e-3),
    "falcon-mamba-tied": dict(vocab_size=47, hidden_size=17, num_hidden_layers=3, state_size=8, conv_kernel=4,
                              intermediate_size=34, initializer_range=0.3, residual_in_fp32=False),
}
LENGTHS = {"falcon-mamba-plain": (7, 1, 33), "falcon-mamba-inner-width": (33, 7, 1), "falcon-mamba-biases": (1, 33, 7),
           "falcon-mamba-tied": (2, 33, 1, 3, 7)}


def build(name):
    """A random model whose every parameter matters (see make_models.build)."""
    torch.manual_seed(sum(name.encode()))
    model = FalconMambaForCausalLM(FalconMambaConfig(**FALCON_MAMBA[name]))
    with torch.no_grad():
        for parameter_name, parameter in model.named_parameters():
            if parameter.dim() == 1 or parameter_name.endswith("A_log"):
                parameter.add_(0.3 * torch.randn_like(parameter))
            for ending, factor in MAMBA_SCALES.items():
                if parameter_name.endswith(ending):
                    parameter.mul_(factor)
    return model.eval()


def write_case(name, out):
    model = build(name)
    offsets, ids = offsets_and_ids(LENGTHS[name], model.config.vocab_size)
    directory = emptied(out / name)
    model.save_pretrained(directory)
    (directory / "model.safetensors").chmod(0o644)
    config = {**model.config.to_dict(), "inner_norm_epsilon": model.config.mixer_rms_eps, "inner_norms": True}
    parameters = {name: p.detach().double().requires_grad_() for name, p in model.named_parameters()}
    kept = PARAMETERS_AFTER["mamba"]
    exact = measure(lambda one: plain_models.mamba_logits(config, parameters, one), list(parameters.items()), ids,
                    offsets, kept)
    values = measure(lambda one: model(one[None], use_cache=False).logits[0], list(model.named_parameters()), ids,
                     offsets, kept)
    save_case(directory, values, exact, ids, offsets)


if __name__ == "__main__":
    write_cases(__doc__, FALCON_MAMBA, write_case)
