"""Writes the Mixtral cases of tests/golden/models/; make_models.py describes the files.

The loss is the cross-entropy and `router_aux_loss_coef` times the balance loss over all sequences of the batch together.

    python tools/golden/mixtral_models.py [--out tests/golden/models] [--only NAME]
"""

import torch
from transformers import MixtralConfig, MixtralForCausalLM
from transformers.models.mixtral.modeling_mixtral import load_balancing_loss_func

import plain_models
from make_models import emptied, measure, offsets_and_ids, save_case, write_cases

# One expert, all experts, more than a vector of experts; sizes that are no multiple of a vector.
MIXTRAL = {
    "mixtral-plain": dict(vocab_size=41, hidden_size=20, num_hidden_layers=2, num_attention_heads=2,
                          num_key_value_heads=1, intermediate_size=19, num_local_experts=4, num_experts_per_tok=2,
                          router_aux_loss_coef=0.02, rope_theta=10000.0),
    "mixtral-single-choice": dict(vocab_size=39, hidden_size=18, num_hidden_layers=2, num_attention_heads=3,
                               num_key_value_heads=3, intermediate_size=7, num_local_experts=17,
                               num_experts_per_tok=1, router_aux_loss_coef=0.5, rms_norm_eps=1e-3),
    "mixtral-all-experts": dict(vocab_size=37, hidden_size=24, num_hidden_layers=1, num_attention_heads=4,
                                num_key_value_heads=2, intermediate_size=33, num_local_experts=3,
                                num_experts_per_tok=3, router_aux_loss_coef=0.0, tie_word_embeddings=True),
    "mixtral-one-expert": dict(vocab_size=43, hidden_size=16, num_hidden_layers=2, num_attention_heads=2,
                               num_key_value_heads=2, intermediate_size=21, num_local_experts=1,
                               num_experts_per_tok=1, router_aux_loss_coef=0.1),
}
LENGTHS = {"mixtral-plain": (7, 1, 33), "mixtral-single-choice": (33, 7, 1), "mixtral-all-experts": (1, 33, 7),
           "mixtral-one-expert": (2, 21, 1, 3)}
PARAMETERS_AFTER = ("model.embed_tokens.weight", "model.layers.0.block_sparse_moe.gate.weight",
                    "model.layers.0.block_sparse_moe.experts.0.w2.weight", "model.norm.weight")


def build(name):
    """A random model whose every parameter matters (see make_models.build)."""
    torch.manual_seed(sum(name.encode()))
    model = MixtralForCausalLM(MixtralConfig(initializer_range=0.3, attn_implementation="eager",
                                             max_position_embeddings=64, **MIXTRAL[name]))
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.dim() == 1:
                parameter.add_(0.3 * torch.randn_like(parameter))
    return model.eval()


def measure_with_balance(logits_and_routers, balance_loss, named_parameters, coefficient, ids, offsets,
                         kept=PARAMETERS_AFTER):
    """The routers' logits of all sequences are collected, and pooled for the balance loss."""
    routers = []

    def logits(one):
        result, logits_of_routers = logits_and_routers(one)
        routers.extend(logits_of_routers)
        return result

    def auxiliary():
        pooled = tuple(routers)
        routers.clear()
        return coefficient * balance_loss(pooled) if pooled else 0

    return measure(logits, named_parameters, ids, offsets, kept, auxiliary)


def reference(model, ids, offsets):
    config = model.config

    def logits_and_routers(one):
        output = model(one[None], use_cache=False, output_router_logits=True)
        return output.logits[0], output.router_logits

    return measure_with_balance(
        logits_and_routers,
        lambda routers: load_balancing_loss_func(routers, config.num_local_experts, config.num_experts_per_tok),
        list(model.named_parameters()), config.router_aux_loss_coef, ids, offsets)


def in_float64(model, ids, offsets):
    config = {**model.config.to_dict(), "head_dim": model.config.hidden_size // model.config.num_attention_heads}
    parameters = {name: p.detach().double().requires_grad_() for name, p in model.named_parameters()}
    return measure_with_balance(
        lambda one: plain_models.mixtral_logits(config, parameters, one),
        lambda routers: plain_models.balance_loss(routers, config["num_experts_per_tok"]),
        list(parameters.items()), config["router_aux_loss_coef"], ids, offsets)


def write_case(name, out):
    model = build(name)
    offsets, ids = offsets_and_ids(LENGTHS[name], model.config.vocab_size)
    directory = emptied(out / name)
    model.save_pretrained(directory)
    (directory / "model.safetensors").chmod(0o644)
    exact = in_float64(model, ids, offsets)
    values = reference(model, ids, offsets)
    save_case(directory, values, exact, ids, offsets)


if __name__ == "__main__":
    write_cases(__doc__, MIXTRAL, write_case)
