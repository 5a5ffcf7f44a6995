"""Writes tests/golden/vjepa/: tiny random V-JEPA models and what the published code computes on them.

Each directory holds `jepa.pth.tar` and `probe.pth.tar`, written by torch.save with the keys of the published training and
evaluation code, `config.json` and `expected.safetensors` (its tensors are listed in README.md). Clips have masks of different sizes:
each clip goes through the published code by itself, and the loss is the mean over all that is predicted.

    JEPA=checkout python tools/golden/vjepa_models.py [--out tests/golden/vjepa] [--only NAME]
"""

import copy
import functools
import json
import shutil

import torch
import torch.nn.functional as F
from safetensors.torch import save_file

from jepa_import import modules, with_plain_attention
from make_models import noise, write_cases

ADAMW = {"lr": 3e-3, "betas": (0.9, 0.999), "eps": 1e-8}
WEIGHT_DECAY = 0.04
STEPS = 10
MOMENTUM = 0.9
CLASSES = 5
# img_size, patch_size, num_frames, tubelet_size and so on are arguments of the published classes. "other": frames, height
# and width of clips of another size than the model is made for. "pairs": mask pairs, of each the numbers of context and
# target tokens of every clip.
CASES = {
    # The widths are no multiples of 6: positions are cut off.
    "vjepa-plain": dict(
        encoder=dict(img_size=12, patch_size=4, num_frames=4, tubelet_size=2, embed_dim=20, depth=2, num_heads=2,
                     mlp_ratio=4.0, uniform_power=True),
        predictor=dict(predictor_embed_dim=14, depth=1, num_heads=2, num_mask_tokens=2),
        exponent=1.0, pairs=[[(5, 9), (7, 4)], [(2, 11), (3, 15)]], other=(6, 8, 16)),
    "vjepa-depth": dict(
        encoder=dict(img_size=6, patch_size=3, num_frames=3, tubelet_size=1, embed_dim=16, depth=1, num_heads=1,
                     mlp_ratio=3.0, uniform_power=False),
        predictor=dict(predictor_embed_dim=8, depth=2, num_heads=1, num_mask_tokens=3),
        exponent=2.0, pairs=[[(1, 3), (4, 8), (6, 1)]], other=(5, 9, 3)),
    # The hidden width is rounded down, as in the giant model.
    "vjepa-three-pairs": dict(
        encoder=dict(img_size=10, patch_size=5, num_frames=8, tubelet_size=4, embed_dim=18, depth=2, num_heads=3,
                     mlp_ratio=48 / 11, uniform_power=True),
        predictor=dict(predictor_embed_dim=12, depth=1, num_heads=3, num_mask_tokens=2),
        exponent=1.5, pairs=[[(2, 3)], [(4, 4)], [(1, 7)]], other=(4, 10, 10)),
}


def build(case):
    """Encoder, predictor, target encoder and probe, in which every parameter matters."""
    vision_transformer, predictor, attentive_pooler = modules()
    norm = functools.partial(torch.nn.LayerNorm, eps=1e-6)
    sizes = case["encoder"]
    encoder = vision_transformer.VisionTransformer(qkv_bias=True, norm_layer=norm, **sizes)
    shared = {key: sizes[key] for key in ("img_size", "patch_size", "num_frames", "tubelet_size", "embed_dim",
                                          "uniform_power", "mlp_ratio")}
    narrow = predictor.VisionTransformerPredictor(qkv_bias=True, norm_layer=norm, use_mask_tokens=True,
                                                  **{**shared, **case["predictor"]})
    probe = attentive_pooler.AttentiveClassifier(embed_dim=sizes["embed_dim"], num_heads=sizes["num_heads"],
                                                 num_classes=CLASSES)
    with torch.no_grad():
        for model in (encoder, narrow, probe):
            for parameter in model.parameters():
                if parameter.requires_grad:
                    deviation = 0.3 if parameter.dim() in (1, 3) else 0.9 / parameter[0].numel() ** 0.5
                    start = 1.0 if parameter.dim() == 1 and parameter.mean() == 1 else 0.0
                    parameter.copy_(start + deviation * torch.randn_like(parameter))
        target = copy.deepcopy(encoder)
        for parameter in target.parameters():
            if parameter.requires_grad:
                parameter.add_(0.05 * torch.randn_like(parameter))
            parameter.requires_grad_(False)
    return [with_plain_attention(model) for model in (encoder, narrow, target, probe)]


def draw_masks(case, tokens):
    """Per pair and clip: ascending ids of context and target, which need not be all there are."""
    return [[tuple(torch.randperm(tokens)[: sum(sizes)].split(sizes)) for sizes in pair] for pair in case["pairs"]]


def forward(models, clips, masks, exponent):
    """The loss of a batch, and everything on the way to it."""
    encoder, predictor, target = models[:3]
    with torch.no_grad():
        features = torch.cat([target(clip[None]) for clip in clips])
        targets = F.layer_norm(features, (features.size(-1),))
    contexts, predictions, loss = [], [], 0
    for index, pair in enumerate(masks):
        errors = []
        for clip, wanted, (context_ids, target_ids) in zip(clips, targets, pair):
            seen, hidden = context_ids.sort().values[None], target_ids.sort().values[None]
            context = encoder(clip[None], seen)
            predicted = predictor(context, None, seen, hidden, mask_index=index)[0]
            contexts.append(context[0])
            predictions.append(predicted)
            errors.append((predicted - wanted[hidden[0]]).abs().pow(exponent).flatten())
        loss = loss + torch.cat(errors).mean() / exponent / len(masks)
    return {"context_features": torch.cat(contexts), "predictions": torch.cat(predictions),
            "targets": targets.flatten(0, 1), "loss": loss.reshape(1)}


def trained(models):
    """(published name, parameter) of encoder and predictor, positions excluded."""
    return [(f"{part}.module.backbone.{name}", parameter)
            for part, model in zip(("encoder", "predictor"), models) for name, parameter in model.named_parameters()
            if parameter.requires_grad]


def train(models, clips, masks, exponent):
    """Ten steps as in the published training, with one learning rate: losses, and where everything ends."""
    encoder, _, target = models[:3]
    groups = {WEIGHT_DECAY: [], 0.0: []}
    for name, parameter in trained(models):
        groups[0.0 if "bias" in name or parameter.dim() == 1 else WEIGHT_DECAY].append(parameter)
    adamw = torch.optim.AdamW([{"params": p, "weight_decay": decay} for decay, p in groups.items()], **ADAMW)
    losses = []
    for _ in range(STEPS):
        for _, parameter in trained(models):
            parameter.grad = torch.zeros_like(parameter)
        loss = forward(models, clips, masks, exponent)["loss"]
        losses.append(loss.detach())
        loss.backward()
        adamw.step()
        with torch.no_grad():
            for average, parameter in zip(target.parameters(), encoder.parameters()):
                average.mul_(MOMENTUM).add_((1.0 - MOMENTUM) * parameter)
    kept = {"adamw_losses": torch.cat(losses)}
    for name, parameter in trained(models):
        if name.split(".", 3)[-1] in ("norm.weight", "mask_tokens.0", "predictor_embed.bias"):
            kept["parameter_after." + name] = parameter.detach().clone()
    for name, parameter in target.named_parameters():
        if name in ("norm.weight", "patch_embed.proj.bias", "blocks.0.attn.qkv.weight"):
            kept["parameter_after.target_encoder.module.backbone." + name] = parameter.detach().clone()
    return kept


def measure(case, models, clips, other, masks):
    encoder, _, target, probe = models
    result = {name: value.detach().clone() for name, value in forward(models, clips, masks, case["exponent"]).items()}
    with torch.no_grad():
        all_ids = torch.arange(result["targets"].size(0) // len(clips))
        result["patch_embedding"] = encoder.patch_embed(clips).flatten(0, 1)
        result["features"] = target(clips).flatten(0, 1)
        result["other_features"] = target(other)[0]
        assert torch.equal(target(clips), target(clips, all_ids[None].repeat(len(clips), 1)))
    forward(models, clips, masks, case["exponent"])["loss"].backward()
    for name, parameter in trained(models):
        # A mask token without a pair of its own has none.
        result["gradient." + name] = torch.zeros_like(parameter) if parameter.grad is None else parameter.grad.clone()
    # The tokens of all clips are the segments of one video.
    logits = probe(result["features"][None])
    F.cross_entropy(logits, torch.tensor([2])).backward()
    result["probe_logits"] = logits.detach()
    for name, parameter in probe.named_parameters():
        if parameter.grad is not None:  # xattn.proj is never applied
            result["probe_gradient.classifier.module." + name] = parameter.grad.clone()
    return result


def everything(case, models, clips, other, masks):
    return {**measure(case, models, clips, other, masks), **train(models, clips, masks, case["exponent"])}


def packed(masks, part):
    ids = [pair[part].sort().values for clips in masks for pair in clips]
    offsets = [sum(len(one) for one in ids[:count]) for count in range(len(ids) + 1)]
    return torch.cat(ids).int(), torch.tensor(offsets, dtype=torch.int64)


def save_checkpoints(directory, models):
    def state(model, prefix):
        return {prefix + name: value.detach().clone() for name, value in model.state_dict().items()}

    training = {"batch_size": 2, "world_size": 1, "lr": 0.000625}
    parts = {name: state(model, "module.backbone.")
             for name, model in zip(("encoder", "predictor", "target_encoder"), models)}
    torch.save({"encoder": parts["encoder"], "predictor": parts["predictor"], "opt": {"state": {}, "param_groups": []},
                "scaler": None, "target_encoder": parts["target_encoder"], "epoch": 3, "loss": 0.5, **training},
               directory / "jepa.pth.tar")
    torch.save({"classifier": state(models[3], "module."), "opt": {"state": {}, "param_groups": []}, "scaler": None,
                "epoch": 2, **training}, directory / "probe.pth.tar")


def save_config(directory, case):
    """The sizes, as sequent writes them: published files do not say how many heads there are."""
    encoder, predictor = case["encoder"], {**case["encoder"], **case["predictor"]}

    def blocks(sizes, width):
        return {"width": width, "layers": sizes["depth"], "heads": sizes["num_heads"],
                "hidden_width": int(width * sizes["mlp_ratio"]), "norm_epsilon": 1e-6, "weight_deviation": 0.02}

    config = {"model_type": "vjepa", "version": 1, "target": "features",
              "encoder": {**blocks(encoder, encoder["embed_dim"]), "channels": 3,
                          "tubelet_frames": encoder["tubelet_size"], "patch": encoder["patch_size"],
                          "frames": encoder["num_frames"], "image_size": encoder["img_size"],
                          "positions": "sine_cosine" if encoder["uniform_power"] else "sine_cosine_depth"},
              "predictor": {**blocks(predictor, predictor["predictor_embed_dim"]),
                            "mask_tokens": predictor["num_mask_tokens"], "zero_mask_tokens": True}}
    (directory / "config.json").write_text(json.dumps(config, indent=2) + "\n")


def write_case(name, out):
    case = CASES[name]
    torch.manual_seed(sum(name.encode()))
    models = build(case)
    sizes = case["encoder"]
    clips = torch.randn(len(case["pairs"][0]), 3, sizes["num_frames"], sizes["img_size"], sizes["img_size"])
    tokens = sizes["num_frames"] // sizes["tubelet_size"] * (sizes["img_size"] // sizes["patch_size"]) ** 2
    masks = draw_masks(case, tokens)
    directory = out / name
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    save_checkpoints(directory, models)
    save_config(directory, case)
    other = torch.randn(1, 3, *case["other"])
    exact = everything(case, [copy.deepcopy(model).double() for model in models], clips.double(), other.double(), masks)
    values = everything(case, models, clips, other, masks)
    differences = "  ".join(f"{kind} {value:.1e}" for kind, value in noise(values, exact).items())
    values["clips"], values["other_clip"] = clips, other
    for part, kind in enumerate(("context", "target")):
        values[kind + "_ids"], values[kind + "_offsets"] = packed(masks, part)
    settings = {"classes": CLASSES, "lr": ADAMW["lr"], "beta1": ADAMW["betas"][0], "beta2": ADAMW["betas"][1], "epsilon": ADAMW["eps"],
                "weight_decay": WEIGHT_DECAY, "momentum": MOMENTUM, "exponent": case["exponent"]}
    # One entry only: the order in which several are written differs from run to run.
    save_file({key: value.contiguous() for key, value in values.items()}, directory / "expected.safetensors",
              metadata={"settings": json.dumps(settings)})
    print(f"{name:20s} loss {values['loss'].item():.4f} -> {values['adamw_losses'][-1].item():.4f}  "
          f"difference from float64: {differences}")


if __name__ == "__main__":
    write_cases(__doc__, CASES, write_case, "vjepa")
