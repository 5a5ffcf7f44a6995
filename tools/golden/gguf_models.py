"""Writes tests/golden/gguf/*.gguf with llama.cpp's `gguf` package: golden models of tests/golden/models under the names
and in the forms that llama.cpp gives them (conversion/*.py there). Their logits are the expected ones of those models.

    python3 tools/golden/gguf_models.py            # writes the golden files
    python3 tools/golden/gguf_models.py --check F  # opens a file written by this project; prints values and tensors
"""

import json
import pathlib
import re
import sys

import numpy as np
from gguf import GGMLQuantizationType, GGUFReader, GGUFWriter
from gguf.quants import dequantize
from safetensors.numpy import load_file

ROOT = pathlib.Path(__file__).resolve().parents[2] / "tests/golden"
CASES = {"mamba-plain": "mamba", "mamba-untied": "mamba", "falcon-mamba-plain": "mamba",
         "mamba2-plain": "mamba2", "jamba-plain": "jamba", "llama-grouped-queries": "llama",
         "mixtral-plain": "llama"}
NAMES = [(r"(backbone\.embeddings|model\.embed_tokens)\.weight", "token_embd.weight"),
         (r"(backbone\.norm_f|model\.norm|model\.final_layernorm)\.weight", "output_norm.weight"),
         (r"lm_head\.weight", "output.weight")]
BLOCK_NAMES = [(r"(norm|input_layernorm)\.weight", "attn_norm.weight"),
               (r"(post_attention_layernorm|pre_ff_layernorm)\.weight", "ffn_norm.weight"),
               (r"(?:mixer|mamba)\.in_proj\.weight", "ssm_in.weight"),
               (r"(?:mixer|mamba)\.conv1d\.(weight|bias)", r"ssm_conv1d.\1"),
               (r"(?:mixer|mamba)\.x_proj\.weight", "ssm_x.weight"),
               (r"(?:mixer|mamba)\.dt_proj\.(weight|bias)", r"ssm_dt.\1"), (r"mixer\.dt_bias", "ssm_dt.bias"),
               (r"mamba\.(dt|b|c)_layernorm\.weight", r"ssm_\1_norm.weight"),
               (r"(?:mixer|mamba)\.A_log", "ssm_a"), (r"(?:mixer|mamba)\.D", "ssm_d"),
               (r"mixer\.norm\.weight", "ssm_norm.weight"),
               (r"(?:mixer|mamba)\.out_proj\.weight", "ssm_out.weight"),
               (r"self_attn\.([qkv])_proj\.weight", r"attn_\1.weight"),
               (r"self_attn\.o_proj\.weight", "attn_output.weight"),
               (r"(?:feed_forward|mlp)\.(gate|up|down)_proj\.weight", r"ffn_\1.weight"),
               (r"(?:feed_forward\.router|block_sparse_moe\.gate)\.weight", "ffn_gate_inp.weight")]
EXPERT = re.compile(r"(?:feed_forward|block_sparse_moe)\.experts\.(\d+)\.(w1|w2|w3|gate_proj|down_proj|up_proj)\.weight")
EXPERT_NAMES = {"w1": "gate", "w2": "down", "w3": "up", "gate_proj": "gate", "down_proj": "down", "up_proj": "up"}


def renamed(name, rules):
    for pattern, target in rules:
        if match := re.fullmatch(pattern, name):
            return match.expand(target)
    raise KeyError(name)


def pairs(weight, heads):
    """Rows of each head: halves become pairs that are rotated together."""
    return weight.reshape(heads, 2, -1, weight.shape[-1]).swapaxes(1, 2).reshape(weight.shape)


def converted(name, config, architecture):
    tensors, experts = {}, {}
    for key, value in load_file(ROOT / "models" / name / "model.safetensors").items():
        block = re.fullmatch(r"(?:backbone|model)\.layers\.(\d+)\.(.*)", key)
        if not block:
            tensors[renamed(key, NAMES)] = value
            continue
        layer, rest = block.groups()
        if expert := EXPERT.fullmatch(rest):
            experts.setdefault(f"blk.{layer}.ffn_{EXPERT_NAMES[expert[2]]}_exps.weight", {})[int(expert[1])] = value
            continue
        new = renamed(rest, BLOCK_NAMES)
        if new == "ssm_a":
            value = -np.exp(value)
        if new == "ssm_conv1d.weight":
            value = value.squeeze(1)
        if architecture == "mamba2" and new in ("ssm_a", "ssm_d"):
            value = value[:, None]
        if new == "ssm_norm.weight":
            value = value.reshape(config["n_groups"], -1)
        if architecture == "llama" and new == "attn_q.weight":
            value = pairs(value, config["num_attention_heads"])
        if architecture == "llama" and new == "attn_k.weight":
            value = pairs(value, config["num_key_value_heads"])
        tensors[f"blk.{layer}.{new}"] = value
    for key, of_expert in experts.items():
        tensors[key] = np.stack([of_expert[i] for i in range(len(of_expert))])
    return tensors


def add_values(writer, name, config, architecture):
    layers = config["num_hidden_layers"]
    writer.add_block_count(layers)
    writer.add_embedding_length(config["hidden_size"])
    writer.add_layer_norm_rms_eps(config.get("layer_norm_epsilon", config.get("rms_norm_eps")))
    writer.add_file_type(0)
    if architecture in ("mamba", "mamba2"):
        writer.add_context_length(2**20)
        writer.add_feed_forward_length(0)
        writer.add_head_count(0)
        writer.add_ssm_conv_kernel(config["conv_kernel"])
        writer.add_ssm_state_size(config["state_size"])
    if architecture == "mamba":
        writer.add_ssm_inner_size(config["intermediate_size"])
        writer.add_ssm_time_step_rank(config["time_step_rank"])
        writer.add_ssm_dt_b_c_rms(config["model_type"] == "falcon_mamba")
        if "mixer_rms_eps" in config:
            writer.add_float32("mamba.ssm.dt_b_c_rms_epsilon", config["mixer_rms_eps"])
    if architecture == "mamba2":
        writer.add_ssm_inner_size(config["num_heads"] * config["head_dim"])
        writer.add_ssm_time_step_rank(config["num_heads"])
        writer.add_ssm_group_count(config["n_groups"])
    if architecture in ("llama", "jamba"):
        writer.add_context_length(config["max_position_embeddings"])
        writer.add_feed_forward_length(config["intermediate_size"])
        writer.add_head_count(config["num_attention_heads"])
        if experts := config.get("num_local_experts", config.get("num_experts")):
            writer.add_expert_count(experts)
            writer.add_expert_used_count(config["num_experts_per_tok"])
    if architecture == "llama":
        writer.add_head_count_kv(config["num_key_value_heads"])
        head = config.get("head_dim", config["hidden_size"] // config["num_attention_heads"])
        writer.add_rope_dimension_count(head)
        writer.add_rope_freq_base(config["rope_theta"])
        writer.add_vocab_size(config["vocab_size"])
    if architecture == "jamba":
        period, offset = config["attn_layer_period"], config["attn_layer_offset"]
        writer.add_head_count_kv([config["num_key_value_heads"] if i % period == offset else 0 for i in range(layers)])
        writer.add_ssm_conv_kernel(config["mamba_d_conv"])
        writer.add_ssm_inner_size(config["mamba_expand"] * config["hidden_size"])
        writer.add_ssm_state_size(config["mamba_d_state"])
        writer.add_ssm_time_step_rank(config["mamba_dt_rank"])


def write_golden():
    (ROOT / "gguf").mkdir(exist_ok=True)
    for name, architecture in CASES.items():
        config = json.loads((ROOT / "models" / name / "config.json").read_text())
        writer = GGUFWriter(ROOT / "gguf" / f"{name}.gguf", architecture)
        add_values(writer, name, config, architecture)
        writer.add_tokenizer_model("no_vocab")
        for key, value in converted(name, config, architecture).items():
            writer.add_tensor(key, np.ascontiguousarray(value))
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()


def check(path):
    reader = GGUFReader(path)
    for field in reader.fields.values():
        value = field.contents()
        print(field.name, value if not isinstance(value, (list, str)) or len(value) < 60 else f"({len(value)})")
    for tensor in reader.tensors:
        values = dequantize(tensor.data, GGMLQuantizationType(tensor.tensor_type)).astype(np.float32)
        print(tensor.name, tensor.tensor_type.name, tensor.shape.tolist(), values.ravel()[:4].tolist())


if __name__ == "__main__":
    check(sys.argv[2]) if sys.argv[1:2] == ["--check"] else write_golden()
