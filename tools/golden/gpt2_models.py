"""Writes the GPT-2 cases of tests/golden/models/; make_models.py describes the files.

    python tools/golden/gpt2_models.py [--out tests/golden/models] [--only NAME]

They are also the cases of containers and element types: `gpt2-plain` is a safetensors file, `gpt2-half` one file of
torch.save in f16, `gpt2-shards` several of them, with an index, and `gpt2-old-names` a file of torch.save without the
prefix of its names and with the masks that the first published files hold.
"""

import torch
from transformers import GPT2Config, GPT2LMHeadModel

import plain_models
from make_models import emptied, measure, offsets_and_ids, save_case, write_cases

GPT2 = {
    "gpt2-plain": dict(vocab_size=41, n_positions=40, n_embd=24, n_layer=2, n_head=4),
    "gpt2-half": dict(vocab_size=37, n_positions=33, n_embd=20, n_layer=1, n_head=5, n_inner=21,
                      layer_norm_epsilon=1e-3, activation_function="gelu"),
    "gpt2-shards": dict(vocab_size=43, n_positions=64, n_embd=18, n_layer=3, n_head=1, n_inner=37,
                        tie_word_embeddings=False),
    "gpt2-old-names": dict(vocab_size=39, n_positions=50, n_embd=16, n_layer=2, n_head=2, activation_function="relu"),
}
LENGTHS = {"gpt2-plain": (7, 1, 33), "gpt2-half": (33, 7, 1), "gpt2-shards": (1, 33, 7),
           "gpt2-old-names": (2, 33, 1, 3, 7)}
PARAMETERS_AFTER = ("transformer.wte.weight", "transformer.wpe.weight", "transformer.h.0.attn.c_attn.weight",
                    "transformer.ln_f.bias")


def build(name):
    """A random model whose every parameter matters (see make_models.build)."""
    torch.manual_seed(sum(name.encode()))
    config = GPT2Config(initializer_range=0.2, attn_implementation="eager", resid_pdrop=0.0, embd_pdrop=0.0,
                        attn_pdrop=0.0, bos_token_id=0, eos_token_id=0, **GPT2[name])
    model = GPT2LMHeadModel(config)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.dim() == 1:
                parameter.add_(0.3 * torch.randn_like(parameter))
            if name == "gpt2-half":
                parameter.copy_(parameter.half())
    return model.eval()


def save(name, model, directory):
    if name == "gpt2-half":
        model.half().save_pretrained(directory, safe_serialization=False)
        model.float()
    elif name == "gpt2-shards":
        model.save_pretrained(directory, safe_serialization=False, max_shard_size="20KB")
    elif name == "gpt2-old-names":
        model.save_pretrained(directory)
        (directory / "model.safetensors").unlink()
        state = {key: value for key, value in model.transformer.state_dict().items()}
        places = model.config.n_positions
        for layer in range(model.config.n_layer):
            state[f"h.{layer}.attn.bias"] = torch.ones(places, places).tril().view(1, 1, places, places)
            state[f"h.{layer}.attn.masked_bias"] = torch.tensor(-1e4)
        torch.save(state, directory / "pytorch_model.bin")
    else:
        model.save_pretrained(directory)
    for path in directory.iterdir():
        path.chmod(0o644)


def write_case(name, out):
    model = build(name)
    offsets, ids = offsets_and_ids(LENGTHS[name], model.config.vocab_size)
    directory = emptied(out / name)
    save(name, model, directory)
    parameters = {key: p.detach().double().requires_grad_() for key, p in model.named_parameters()}
    config = model.config.to_dict()
    exact = measure(lambda one: plain_models.gpt2_logits(config, parameters, one), list(parameters.items()), ids,
                    offsets, PARAMETERS_AFTER)
    values = measure(lambda one: model(one[None], use_cache=False).logits[0], list(model.named_parameters()), ids,
                     offsets, PARAMETERS_AFTER)
    save_case(directory, values, exact, ids, offsets)


if __name__ == "__main__":
    write_cases(__doc__, GPT2, write_case)
