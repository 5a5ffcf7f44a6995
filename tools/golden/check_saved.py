"""Opens models that sequent saved in their reference implementations and compares the logits with the golden ones.

    SEQUENT_SAVED_MODELS=saved build/tests/models_tests --gtest_filter='*SavesWhatTheReferenceSaved*'
    python tools/golden/check_saved.py saved

Each directory saved/NAME was saved from the golden model NAME. Weights that `transformers` misses, does not know or finds in
another shape are an error, as is a difference above --tolerance times the range of the logits. Models of implementations
that do not run on a processor are opened by their equations (plain_models.py). Exit status: 0 all equal, 1 different.
"""

import argparse
import json
import pathlib
import sys

import torch
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM, AutoModelForSeq2SeqLM

import plain_models
import plain_retnet

GOLDEN = pathlib.Path(__file__).resolve().parents[2] / "tests/golden"


def pieces(values, offsets):
    return [values[begin:end] for begin, end in zip(offsets, offsets[1:])]


def open_in_transformers(kind, directory):
    model, report = kind.from_pretrained(directory, torch_dtype=torch.float32, local_files_only=True,
                                         output_loading_info=True, attn_implementation="eager")
    complaints = [f"{key}: {value}" for key, value in report.items() if value]
    if hasattr(model.config, "use_mamba_kernels"):
        model.config.use_mamba_kernels = False
    return model.eval(), complaints


def language_model(directory, expected):
    model, complaints = open_in_transformers(AutoModelForCausalLM, directory)
    with torch.no_grad():
        logits = [model(ids.long()[None], use_cache=False).logits[0] for ids in pieces(expected["ids"], expected["offsets"])]
    return torch.cat(logits), complaints


def mamba2(directory, expected):
    """Opened in transformers, computed by the equations: it has mistakes of its own (see docs/mamba2.md)."""
    model, complaints = open_in_transformers(AutoModelForCausalLM, directory)
    full_width = json.loads((directory / "config.json").read_text()).get("sequent_full_width_norm", False)
    config = {**model.config.to_dict(), "norm_before_gate": False, "full_width_norm": full_width}
    parameters = {name: value.detach().double() for name, value in model.named_parameters()}
    logits = [plain_models.mamba2_logits(config, parameters, ids.long())
              for ids in pieces(expected["ids"], expected["offsets"])]
    return torch.cat(logits).float(), complaints


def encoder_decoder(directory, expected):
    model, complaints = open_in_transformers(AutoModelForSeq2SeqLM, directory)
    # The two that share the embedding are listed although they are there.
    complaints = [text for text in complaints if "embed_tokens" not in text]
    with torch.no_grad():
        logits = [model(input_ids=ids.long()[None], decoder_input_ids=answer.long()[None], use_cache=False).logits[0]
                  for ids, answer in zip(pieces(expected["ids"], expected["offsets"]),
                                         pieces(expected["decoder_ids"], expected["decoder_offsets"]))]
    return torch.cat(logits), complaints


def state_spaces(directory, expected):
    """The original code needs a GPU. Its configuration in the words of transformers, and its equations."""
    config = json.loads((directory / "config.json").read_text())
    mixer, width = config["ssm_cfg"], config["d_model"]
    parameters = {name.replace("backbone.embedding.", "backbone.embeddings."): value.double()
                  for name, value in torch.load(directory / "pytorch_model.bin").items()}
    common = {"num_hidden_layers": config["n_layer"], "state_size": mixer["d_state"], "layer_norm_epsilon": 1e-5}
    if mixer.get("layer") == "Mamba2":
        settings = {**common, "head_dim": mixer["headdim"], "num_heads": mixer["expand"] * width // mixer["headdim"],
                    "n_groups": mixer["ngroups"], "time_step_limit": mixer.get("dt_limit", [0.0, float("inf")]),
                    "norm_before_gate": mixer["norm_before_gate"], "full_width_norm": False}
        function = plain_models.mamba2_logits
    else:
        settings, function = {**common, "time_step_rank": mixer["dt_rank"]}, plain_models.mamba_logits
    logits = [function(settings, parameters, ids.long()) for ids in pieces(expected["ids"], expected["offsets"])]
    return torch.cat(logits).float(), []


def retnet(directory, expected):
    """By its equations: flash-linear-attention needs a GPU, torchscale has no files."""
    config = json.loads((directory / "config.json").read_text())
    parameters = {name: value.double() for name, value in load_file(directory / "model.safetensors").items()}
    if "decoder_retention_heads" in config:
        logits = [plain_retnet.torchscale_logits(config, parameters, ids.long(), parallel=False)
                  for ids in pieces(expected["ids"], expected["offsets"])]
    else:
        logits = [plain_retnet.fla_logits(config, parameters, ids.long())
                  for ids in pieces(expected["ids"], expected["offsets"])]
    return torch.cat(logits).float(), []


def opener(name, is_encoder_decoder):
    if is_encoder_decoder:
        return encoder_decoder
    if name.startswith("retnet"):
        return retnet
    if name.endswith("state-spaces"):
        return state_spaces
    return mamba2 if name.startswith("mamba2") else language_model


def compare(name, directory, golden, open_model, tolerance):
    expected = load_file(golden / "expected.safetensors")
    logits, complaints = open_model(directory, expected)
    spread = (expected["logits"].max() - expected["logits"].min()).item()
    ratio = (logits - expected["logits"]).abs().max().item() / spread
    print(f"{name:28s} max |difference| / logit range {ratio:.1e}" + "".join("  " + text for text in complaints))
    return ratio <= tolerance and not complaints


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("saved", type=pathlib.Path)
    parser.add_argument("--tolerance", type=float, default=1e-5, help="of the logit range (default %(default)s)")
    arguments = parser.parse_args()
    equal = True
    for directory in sorted(arguments.saved.iterdir()):
        name = directory.name
        is_pair = (GOLDEN / "encoder_decoders" / name).exists()
        golden = GOLDEN / ("encoder_decoders" if is_pair else "models") / name
        equal = compare(name, directory, golden, opener(name, is_pair), arguments.tolerance) and equal
    sys.exit(0 if equal else 1)


if __name__ == "__main__":
    main()
