"""Writes tests/golden/vjepa2/: tiny random V-JEPA 2 models with a classifier and what `transformers` computes on them.

Each directory is a model directory as `save_pretrained` writes it, plus `expected.safetensors` (its tensors are listed in
README.md). Clips have masks of different sizes: each goes through the predictor by itself.

    python tools/golden/vjepa2_models.py [--out tests/golden/vjepa2] [--only NAME]

It needs a newer `transformers` than the other scripts: made with 4.57.1 and torch 2.4.1.
"""

import argparse
import copy
import pathlib
import shutil

import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from transformers import VJEPA2Config, VJEPA2ForVideoClassification

LABELS = 4
# Heads of 12, 14 and 16 channels, of which three axes take 12 and leave the rest. "sizes": context
# and target tokens of each clip.
CASES = {
    "vjepa2-plain": dict(crop_size=12, patch_size=4, frames_per_clip=4, tubelet_size=2, hidden_size=24,
                         num_hidden_layers=2, num_attention_heads=2, num_pooler_layers=1, pred_hidden_size=14,
                         pred_num_hidden_layers=1, pred_num_attention_heads=1, pred_num_mask_tokens=3,
                         sizes=[(5, 9), (11, 3)]),
    "vjepa2-one-frame": dict(crop_size=8, patch_size=2, frames_per_clip=3, tubelet_size=1, hidden_size=14,
                             num_hidden_layers=1, num_attention_heads=1, num_pooler_layers=2, pred_hidden_size=12,
                             pred_num_hidden_layers=2, pred_num_attention_heads=1, pred_num_mask_tokens=1,
                             mlp_ratio=48 / 11, layer_norm_eps=1e-3, sizes=[(1, 20), (7, 2), (30, 18)]),
    "vjepa2-one-channel": dict(crop_size=10, patch_size=5, frames_per_clip=8, tubelet_size=4, hidden_size=28,
                               num_hidden_layers=1, num_attention_heads=2, num_pooler_layers=0, pred_hidden_size=16,
                               pred_num_hidden_layers=1, pred_num_attention_heads=1, pred_num_mask_tokens=2,
                               in_chans=1, pred_mlp_ratio=2.5, sizes=[(3, 5)]),
}


def build(name):
    case = {key: value for key, value in CASES[name].items() if key != "sizes"}
    labels = {str(i): f"label {i}" for i in range(LABELS)}
    model = VJEPA2ForVideoClassification(VJEPA2Config(attn_implementation="eager", id2label=labels, **case)).eval()
    with torch.no_grad():
        for parameter_name, parameter in model.named_parameters():
            if parameter.dim() == 1 or "tokens" in parameter_name:
                start = 1.0 if parameter_name.endswith("weight") and "norm" in parameter_name else 0.0
                parameter.copy_(start + 0.3 * torch.randn_like(parameter))
            else:
                parameter.copy_(0.9 / parameter[0].numel() ** 0.5 * torch.randn_like(parameter))
    return model


def measure(model, clips, masks, labels):
    """The gradients are those of the classifier's cross-entropy plus the mean error of all predictions."""
    features = model.vjepa2(clips, skip_predictor=True).last_hidden_state
    targets = F.layer_norm(features.detach(), (features.size(-1),))
    predictions, errors = [], []
    for one, wanted, (context_ids, target_ids) in zip(features, targets, masks):
        predicted = model.vjepa2.predictor(one[None], [context_ids[None]], [target_ids[None]]).last_hidden_state[0]
        predictions.append(predicted)
        errors.append((predicted - wanted[target_ids]).abs().flatten())
    logits = model.classifier(model.pooler(features))
    assert torch.equal(logits, model(clips).logits)
    loss = F.cross_entropy(logits, labels) + torch.cat(errors).mean()
    loss.backward()
    result = {"features": features.flatten(0, 1), "predictions": torch.cat(predictions), "logits": logits,
              "loss": loss.reshape(1)}
    result = {key: value.detach().clone() for key, value in result.items()}
    for parameter_name, parameter in model.named_parameters():
        result["gradient." + parameter_name] = parameter.grad.clone()
    return result


def packed(masks, part):
    ids = [mask[part] for mask in masks]
    offsets = [sum(len(one) for one in ids[:count]) for count in range(len(ids) + 1)]
    return torch.cat(ids).int(), torch.tensor(offsets, dtype=torch.int64)


def write_case(name, out):
    torch.manual_seed(sum(name.encode()))
    model = build(name)
    config, sizes = model.config, CASES[name]["sizes"]
    clips = torch.randn(len(sizes), config.frames_per_clip, config.in_chans, config.crop_size, config.crop_size)
    tokens = config.frames_per_clip // config.tubelet_size * (config.crop_size // config.patch_size) ** 2
    masks = [tuple(part.sort().values for part in torch.randperm(tokens)[: sum(size)].split(size)) for size in sizes]
    labels = torch.arange(len(sizes)) % LABELS
    directory = out / name
    shutil.rmtree(directory, ignore_errors=True)
    model.save_pretrained(directory)
    exact = measure(copy.deepcopy(model).double(), clips.double(), masks, labels)
    values = measure(model, clips, masks, labels)
    worst = {}
    for key, value in values.items():
        # The gradient of a key's bias is zero but for rounding.
        scale = max(exact[key].abs().max().item(), 1e-3) if key.startswith("gradient") else 1.0
        difference = (value.double() - exact[key]).abs().max().item() / scale
        kind = key.split(".")[0]
        worst[kind] = max(worst.get(kind, 0.0), difference)
    values["clips"], values["labels"] = clips.transpose(1, 2), labels.int()
    for part, kind in enumerate(("context", "target")):
        values[kind + "_ids"], values[kind + "_offsets"] = packed(masks, part)
    save_file({key: value.contiguous() for key, value in values.items()}, directory / "expected.safetensors")
    for file in ("model.safetensors", "expected.safetensors"):
        (directory / file).chmod(0o644)
    print(f"{name:20s} loss {values['loss'].item():.4f}  difference from float64: "
          + "  ".join(f"{kind} {value:.1e}" for kind, value in worst.items()))


def main():
    here = pathlib.Path(__file__).resolve()
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=pathlib.Path, default=here.parents[2] / "tests" / "golden" / "vjepa2")
    parser.add_argument("--only", choices=list(CASES))
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    for name in [arguments.only] if arguments.only else CASES:
        write_case(name, arguments.out)


if __name__ == "__main__":
    main()
