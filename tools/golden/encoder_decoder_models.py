"""Writes tests/golden/encoder_decoders/: tiny random T5 and Switch Transformers and what `transformers` computes on them.

Each directory is a model directory as `save_pretrained` writes it, plus `expected.safetensors` (its tensors are listed in
README.md). Sequences are computed one by one, without padding, and then put together.

    python tools/golden/encoder_decoder_models.py [--out tests/golden/encoder_decoders] [--only NAME]
"""

import argparse
import pathlib
import shutil

import torch
import torch.nn.functional as F
from transformers import (SwitchTransformersConfig, SwitchTransformersForConditionalGeneration, T5Config,
                          T5ForConditionalGeneration)
from transformers.models.switch_transformers.modeling_switch_transformers import (load_balancing_loss_func,
                                                                                   router_z_loss_func)

from make_models import STEPS, optimizer, save_expected
from tiny_tokenizer import tiny_tokenizer

# Heads times their width is not the width of the model; every case switches one feature.
T5 = {
    "t5-plain": dict(vocab_size=41, d_model=16, d_kv=5, d_ff=24, num_layers=2, num_heads=3),
    "t5-gated-untied": dict(vocab_size=37, d_model=14, d_kv=6, d_ff=19, num_layers=1, num_decoder_layers=3, num_heads=2,
                            feed_forward_proj="gated-gelu", tie_word_embeddings=False,
                            relative_attention_num_buckets=6, relative_attention_max_distance=20),
    "t5-long": dict(vocab_size=39, d_model=10, d_kv=4, d_ff=17, num_layers=2, num_decoder_layers=1, num_heads=3,
                    layer_norm_epsilon=1e-3),
    # With a feed-forward layer of SwiGLU's kind and one head.
    "t5-gated-silu": dict(vocab_size=35, d_model=12, d_kv=7, d_ff=15, num_layers=3, num_decoder_layers=2, num_heads=1,
                          feed_forward_proj="gated-silu", relative_attention_num_buckets=8),
}
SWITCH = {
    "switch-plain": dict(vocab_size=41, d_model=16, d_kv=5, d_ff=12, num_layers=2, num_decoder_layers=2, num_heads=3,
                         num_sparse_encoder_layers=1, num_sparse_decoder_layers=1, num_experts=4),
    # Steps of 3 (block 1 alone) and of 1 (every block); three tokens of a sequence fill an expert.
    "switch-dropping": dict(vocab_size=37, d_model=14, d_kv=6, d_ff=9, num_layers=3, num_decoder_layers=2, num_heads=2,
                            num_sparse_encoder_layers=1, num_sparse_decoder_layers=2, num_experts=3, expert_capacity=3,
                            router_z_loss_coef=0.05, router_aux_loss_coef=0.1),
    # One layer in three of the decoder alone; two experts that everything fits.
    "switch-decoder-only": dict(vocab_size=35, d_model=10, d_kv=3, d_ff=13, num_layers=1, num_decoder_layers=3,
                                num_heads=4, num_sparse_encoder_layers=0, num_sparse_decoder_layers=1, num_experts=2,
                                expert_capacity=64, layer_norm_epsilon=1e-3),
    "switch-router-bias": dict(vocab_size=39, d_model=12, d_kv=4, d_ff=11, num_layers=4, num_decoder_layers=1,
                               num_heads=2, num_sparse_encoder_layers=2, num_sparse_decoder_layers=1, num_experts=5,
                               router_bias=True, tie_word_embeddings=False, router_z_loss_coef=0.01,
                               router_aux_loss_coef=0.01, expert_capacity=6),
}
# Encoder and decoder lengths, one sequence each.
LENGTHS = {"t5-long": ((150, 3), (2, 140))}
DEFAULT_LENGTHS = ((7, 5), (1, 12), (33, 1), (12, 20))
PARAMETERS_AFTER = ("shared.weight", "decoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight",
                    "decoder.block.0.layer.1.EncDecAttention.q.weight", "encoder.final_layer_norm.weight")


def build(name, seed):
    """A random model whose every parameter matters: norms and biases are moved off their fresh values, and matrices are
    large enough for routing and positions to decide the logits."""
    torch.manual_seed(seed)
    if name in T5:
        model = T5ForConditionalGeneration(T5Config(initializer_factor=1.0, **T5[name]))
    else:
        model = SwitchTransformersForConditionalGeneration(SwitchTransformersConfig(initializer_factor=1.0, **SWITCH[name]))
    with torch.no_grad():
        for parameter_name, parameter in model.named_parameters():
            if parameter.dim() == 1:
                parameter.add_(0.3 * torch.randn_like(parameter))
            if "relative_attention_bias" in parameter_name or "classifier" in parameter_name:
                parameter.mul_(2.0)
    return model.eval()


def shifted_right(labels):
    return torch.cat([torch.zeros(1, dtype=labels.dtype), labels[:-1]])


def run(model, encoder_ids, labels):
    """Encoder output, logits and the router logits of the sparse layers of each stack, for one sequence."""
    more = {"output_router_logits": True} if model.config.model_type == "switch_transformers" else {}
    result = model(input_ids=encoder_ids[None], decoder_input_ids=shifted_right(labels)[None], use_cache=False, **more)
    routers = [[entry[0] for entry in stack if entry[0].dim() > 1] for stack in
               (result.encoder_router_logits, result.decoder_router_logits)] if more else [[], []]
    return result.encoder_last_hidden_state[0], result.logits[0], routers


def auxiliary_losses(stacks):
    """z-loss and balance loss, each the sum of the two stacks: pooled over the layers of a stack, the balance loss for
    each sequence and then averaged. A token counts for the expert it wanted, whether or not that was full."""
    z, balance = torch.zeros(()), torch.zeros(())
    for sequences in stacks:  # [sequence][layer] -> [1, tokens, experts]
        pooled = [torch.cat(layers, dim=1) for layers in sequences if layers]
        if not pooled:
            continue
        z = z + router_z_loss_func(torch.cat(pooled, dim=1))
        balance = balance + torch.stack([load_balancing_loss_func(F.softmax(one, -1), one.argmax(-1))
                                         for one in pooled]).mean()
    return z, balance


def forward(model, batch):
    runs = [run(model, encoder_ids, labels) for encoder_ids, labels in batch]
    logits = torch.cat([logits for _, logits, _ in runs])
    entropy = F.cross_entropy(logits, torch.cat([labels for _, labels in batch]))
    z, balance = auxiliary_losses([[routers[stack] for _, _, routers in runs] for stack in (0, 1)])
    loss = entropy
    if model.config.model_type == "switch_transformers":
        loss = entropy + model.config.router_z_loss_coef * z + model.config.router_aux_loss_coef * balance
    return {"encoder_output": torch.cat([encoded for encoded, _, _ in runs]), "logits": logits,
            "cross_entropy": entropy.reshape(1), "z_loss": z.reshape(1), "balance_loss": balance.reshape(1),
            "loss": loss.reshape(1)}


def measure(model, batch):
    values = forward(model, batch)
    values["loss"].backward()
    result = {name: value.detach().clone() for name, value in values.items()}
    parameters = list(model.named_parameters())
    for name, parameter in parameters:
        # An expert that no token of the batch chose has none.
        result["gradient." + name] = torch.zeros_like(parameter) if parameter.grad is None else parameter.grad.clone()
    adamw = optimizer(parameters)
    losses = []
    for _ in range(STEPS):
        # An expert without tokens has a gradient of zero here: AdamW then moves it by its means and its decay.
        for _, parameter in parameters:
            parameter.grad = torch.zeros_like(parameter)
        loss = forward(model, batch)["loss"]
        losses.append(loss.detach().reshape(()))
        loss.backward()
        adamw.step()
    result["adamw_losses"] = torch.stack(losses)
    for name, parameter in parameters:
        if name in PARAMETERS_AFTER:
            result["parameter_after." + name] = parameter.detach().clone()
    return result


def offsets_of(lengths):
    return torch.tensor([sum(lengths[:count]) for count in range(len(lengths) + 1)], dtype=torch.int64)


def write_case(name, out):
    model = build(name, seed=sum(name.encode()))
    lengths = LENGTHS.get(name, DEFAULT_LENGTHS)
    vocabulary = model.config.vocab_size
    batch = [(torch.randint(0, vocabulary, (reads,)), torch.randint(0, vocabulary, (writes,)))
             for reads, writes in lengths]
    directory = out / name
    shutil.rmtree(directory, ignore_errors=True)
    model.save_pretrained(directory)
    (directory / "model.safetensors").chmod(0o644)
    values = measure(model, batch)
    values["labels"] = torch.cat([labels for _, labels in batch]).int()
    values["decoder_ids"] = torch.cat([shifted_right(labels) for _, labels in batch]).int()
    values["decoder_offsets"] = offsets_of([len(labels) for _, labels in batch])
    save_expected(directory / "expected.safetensors", values, torch.cat([ids for ids, _ in batch]),
                  offsets_of([len(ids) for ids, _ in batch]).tolist())
    tiny_tokenizer().save(str(directory / "tokenizer.json"))
    print(f"{name:20s} loss {values['loss'].item():.4f} -> {values['adamw_losses'][-1].item():.4f}  "
          f"z {values['z_loss'].item():.3f}  balance {values['balance_loss'].item():.3f}")


def main():
    here = pathlib.Path(__file__).resolve()
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=pathlib.Path, default=here.parents[2] / "tests" / "golden" / "encoder_decoders")
    parser.add_argument("--only", choices=[*T5, *SWITCH])
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    for name in [arguments.only] if arguments.only else [*T5, *SWITCH]:
        write_case(name, arguments.out)


if __name__ == "__main__":
    main()
