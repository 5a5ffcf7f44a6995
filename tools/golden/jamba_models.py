"""Writes the Jamba cases of tests/golden/models/; make_models.py describes the files.

The loss is the cross-entropy and `router_aux_loss_coef` times the balance loss over all sequences of the batch together.

    python tools/golden/jamba_models.py [--out tests/golden/models] [--only NAME]
"""

import torch
from transformers import JambaConfig, JambaForCausalLM
from transformers.models.jamba.modeling_jamba import load_balancing_loss_func

import plain_models
from make_models import emptied, offsets_and_ids, save_case, write_cases
from mixtral_models import measure_with_balance

# Periods and offsets, kinds of feed-forward and sizes that are no multiple of a vector.
JAMBA = {
    "jamba-plain": dict(vocab_size=41, hidden_size=20, num_hidden_layers=4, num_attention_heads=4,
                        num_key_value_heads=2, intermediate_size=12, attn_layer_period=4, attn_layer_offset=2,
                        num_experts=4, num_experts_per_tok=2, expert_layer_period=2, expert_layer_offset=1,
                        mamba_d_state=8, mamba_dt_rank="auto", router_aux_loss_coef=0.02),
    "jamba-offsets": dict(vocab_size=39, hidden_size=20, num_hidden_layers=3, num_attention_heads=2,
                          num_key_value_heads=2, intermediate_size=13, attn_layer_period=2, attn_layer_offset=0,
                          num_experts=5, num_experts_per_tok=1, expert_layer_period=3, expert_layer_offset=2,
                          mamba_d_state=5, mamba_d_conv=3, mamba_expand=3, mamba_dt_rank=3, mamba_conv_bias=False,
                          rms_norm_eps=1e-3, router_aux_loss_coef=0.5),
    "jamba-dense": dict(vocab_size=45, hidden_size=20, num_hidden_layers=3, num_attention_heads=5,
                        num_key_value_heads=1, intermediate_size=17, attn_layer_period=3, attn_layer_offset=1,
                        num_experts=1, mamba_d_state=7, mamba_d_conv=2, mamba_dt_rank=5, mamba_proj_bias=True,
                        tie_word_embeddings=True),
    "jamba-all-experts": dict(vocab_size=37, hidden_size=18, num_hidden_layers=2, num_attention_heads=3,
                              num_key_value_heads=3, intermediate_size=11, attn_layer_period=8, attn_layer_offset=4,
                              num_experts=3, num_experts_per_tok=2, expert_layer_period=1, expert_layer_offset=0,
                              mamba_d_state=3, mamba_dt_rank=4, tie_word_embeddings=True, router_aux_loss_coef=0.0),
}
LENGTHS = {"jamba-plain": (7, 1, 33), "jamba-offsets": (33, 7, 1), "jamba-dense": (1, 33, 7),
           "jamba-all-experts": (2, 33, 1, 3, 7)}
SCALES = {"conv1d.weight": 2.0, "x_proj.weight": 1.5, "dt_proj.weight": 1.5}
PARAMETERS_AFTER = ("model.embed_tokens.weight", "model.layers.1.feed_forward.router.weight",
                    "model.layers.1.mamba.A_log", "model.layers.1.mamba.b_layernorm.weight",
                    "model.layers.1.self_attn.q_proj.weight", "model.final_layernorm.weight")


def build(name):
    """A random model whose every parameter matters (see make_models.build). Padding is a token like any other."""
    torch.manual_seed(sum(name.encode()))
    config = JambaConfig(initializer_range=0.2, use_mamba_kernels=False, attn_implementation="eager",
                         pad_token_id=None, max_position_embeddings=64, **JAMBA[name])
    model = JambaForCausalLM(config)
    with torch.no_grad():
        for parameter_name, parameter in model.named_parameters():
            if parameter.dim() == 1 or parameter_name.endswith("A_log"):
                parameter.add_(0.3 * torch.randn_like(parameter))
            for ending, factor in SCALES.items():
                if parameter_name.endswith(ending):
                    parameter.mul_(factor)
    return model.eval()


def reference(model, ids, offsets):
    config = model.config

    def logits_and_routers(one):
        output = model(one[None], use_cache=False, output_router_logits=config.num_experts > 1)
        return output.logits[0], output.router_logits or ()

    return measure_with_balance(
        logits_and_routers,
        lambda routers: load_balancing_loss_func(routers, config.num_experts, config.num_experts_per_tok),
        list(model.named_parameters()), config.router_aux_loss_coef, ids, offsets, PARAMETERS_AFTER)


def in_float64(model, ids, offsets):
    config = model.config.to_dict()
    parameters = {name: p.detach().double().requires_grad_() for name, p in model.named_parameters()}
    return measure_with_balance(
        lambda one: plain_models.jamba_logits(config, parameters, one),
        lambda routers: plain_models.balance_loss(routers, config["num_experts_per_tok"]),
        list(parameters.items()), config["router_aux_loss_coef"], ids, offsets, PARAMETERS_AFTER)


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
    write_cases(__doc__, JAMBA, write_case)
