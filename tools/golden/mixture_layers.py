"""Writes tests/golden/layers/: single layers of experts and what `transformers` computes on them.

SwitchTransformersSparseMLP (some of its cases with full experts) and JambaSparseMoeBlock, each with its auxiliary
losses. A file holds x and dy [tokens, width], offsets [sequences + 1], y, logits, the losses z and balance, the weights
under our names, and `gradient.NAME` of sum(y * dy) + 0.5 * balance + 0.25 * z for x and every weight.

    python tools/golden/mixture_layers.py [--out tests/golden/layers]
"""

import argparse
import pathlib

import torch
from safetensors.torch import save_file
from transformers import JambaConfig, SwitchTransformersConfig
from transformers.models.jamba.modeling_jamba import JambaSparseMoeBlock
from transformers.models.jamba.modeling_jamba import load_balancing_loss_func as jamba_balance
from transformers.models.switch_transformers import modeling_switch_transformers as switch

BALANCE, Z = 0.5, 0.25
SWITCH = {
    "switch-full-experts": dict(d_model=12, d_ff=17, num_experts=4, expert_capacity=2, dense_act_fn="relu"),
    "switch-room-for-all": dict(d_model=9, d_ff=5, num_experts=3, expert_capacity=64, dense_act_fn="gelu"),
    "switch-router-bias": dict(d_model=16, d_ff=8, num_experts=18, expert_capacity=1, router_bias=True),
    "switch-nothing-fits": dict(d_model=7, d_ff=6, num_experts=2, expert_capacity=0),
    "switch-one-expert": dict(d_model=8, d_ff=11, num_experts=1, expert_capacity=5),
}
JAMBA = {
    "jamba-two-of-five": dict(hidden_size=12, intermediate_size=17, num_experts=5, num_experts_per_tok=2),
    "jamba-all": dict(hidden_size=7, intermediate_size=9, num_experts=3, num_experts_per_tok=3),
}
SEQUENCES, LENGTH = 3, 11
# Our names for parts of theirs.
NAMES = {"router.classifier.": "router.", "experts.expert_": "experts.", ".wi.": ".up_proj.", ".wo.": ".down_proj."}


def our_name(name):
    for theirs, ours in NAMES.items():
        name = name.replace(theirs, ours)
    return name


def switch_layer(name):
    config = SwitchTransformersConfig(dropout_rate=0.0, router_jitter_noise=0.0, **SWITCH[name])
    layer = switch.SwitchTransformersSparseMLP(config)

    def run(x):
        y, (logits, _) = layer(x)
        probabilities = torch.softmax(logits, dim=-1)
        # The index the layer returns is 0 for a dropped token; the paper counts what the router chose.
        balance = switch.load_balancing_loss_func(probabilities, probabilities.argmax(-1))
        return y, logits, balance, switch.router_z_loss_func(logits)

    return layer, run


def jamba_layer(name):
    config = JambaConfig(**JAMBA[name])
    layer = JambaSparseMoeBlock(config)

    def run(x):
        y, logits = layer(x)
        balance = jamba_balance((logits,), config.num_experts, config.num_experts_per_tok)
        return y, logits, balance, switch.router_z_loss_func(logits[None])

    return layer, run


def write_case(name, out):
    torch.manual_seed(sum(name.encode()))
    layer, run = switch_layer(name) if name in SWITCH else jamba_layer(name)
    with torch.no_grad():
        for parameter in layer.parameters():
            parameter.copy_(0.6 * torch.randn_like(parameter))
    width = layer.router.classifier.in_features if name in SWITCH else layer.hidden_dim
    x = torch.randn(SEQUENCES, LENGTH, width, requires_grad=True)
    dy = torch.randn(SEQUENCES, LENGTH, width)
    y, logits, balance, z = run(x)
    ((y * dy).sum() + BALANCE * balance + Z * z).backward()

    def flat(tensor):
        return tensor.detach().reshape(-1, tensor.shape[-1]).contiguous()

    values = {"x": flat(x), "dy": flat(dy), "y": flat(y), "logits": flat(logits), "gradient.x": flat(x.grad),
              "balance": balance.detach().reshape(1), "z": z.detach().reshape(1),
              "offsets": torch.arange(0, SEQUENCES * LENGTH + 1, LENGTH)}
    for parameter_name, parameter in layer.named_parameters():
        values[our_name(parameter_name)] = parameter.detach().clone()
        gradient = torch.zeros_like(parameter) if parameter.grad is None else parameter.grad
        values["gradient." + our_name(parameter_name)] = gradient
    save_file(values, out / f"{name}.safetensors")
    print(f"{name:24s} balance {balance.item():.4f}  z {z.item():.4f}")


def main():
    here = pathlib.Path(__file__).resolve()
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=pathlib.Path, default=here.parents[2] / "tests" / "golden" / "layers")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    arguments.out.mkdir(parents=True, exist_ok=True)
    for name in [*SWITCH, *JAMBA]:
        write_case(name, arguments.out)


if __name__ == "__main__":
    main()
