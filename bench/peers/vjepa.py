"""A training step of V-JEPA with the published code, and its large encoder alone, as in bench/models/vjepa_bench.cpp.

The environment variable JEPA names a checkout of github.com/facebookresearch/jepa. The masks are those of the published
configuration, one fixed draw. Attention is the plain softmax of that code unless --fused (torch 2 and later).
"""

import copy
import json
import os
import resource
import sys
import time

import torch
import torch.nn.functional as F

import measure


def published():
    if "JEPA" not in os.environ:
        raise SystemExit("set JEPA to a checkout of https://github.com/facebookresearch/jepa")
    sys.path.insert(0, os.environ["JEPA"])
    from src.masks.multiblock3d import MaskCollator
    from src.masks.utils import apply_masks
    from src.models import predictor, vision_transformer
    from src.models.utils.multimask import MultiMaskWrapper, PredictorMultiMaskWrapper

    return (MaskCollator, apply_masks, predictor, vision_transformer, MultiMaskWrapper, PredictorMultiMaskWrapper)


def normalise_in_float32():
    """Torch 1.13 has no layer norm of bfloat16 by float32 weights on a CPU; as autocast does on a GPU."""
    layer_norm = F.layer_norm
    F.layer_norm = lambda x, *rest, **named: layer_norm(x.float(), *rest, **named)


def training_step(arguments):
    collator, apply_masks, predictor, vision_transformer, encoder_wrapper, predictor_wrapper = published()
    size = dict(img_size=arguments.size, patch_size=16, num_frames=arguments.frames, tubelet_size=2, uniform_power=True)
    encoder = encoder_wrapper(vision_transformer.vit_tiny(**size))
    narrow = predictor_wrapper(predictor.vit_predictor(
        embed_dim=192, predictor_embed_dim=arguments.predictor_width, depth=arguments.predictor_layers, num_heads=3,
        use_mask_tokens=True, num_mask_tokens=2, zero_init_mask_tokens=True, **size))
    target = copy.deepcopy(encoder)
    for parameter in target.parameters():
        parameter.requires_grad = False
    for model in (encoder, narrow, target):
        for module in model.modules():
            if hasattr(module, "use_sdpa"):
                module.use_sdpa = arguments.fused
    shared = dict(aspect_ratio=(0.75, 1.5), temporal_scale=(1.0, 1.0), max_temporal_keep=1.0, max_keep=None)
    masks = collator([dict(num_blocks=8, spatial_scale=(0.15, 0.15), **shared),
                      dict(num_blocks=2, spatial_scale=(0.7, 0.7), **shared)],
                     crop_size=(arguments.size, arguments.size), num_frames=arguments.frames, patch_size=16,
                     tubelet_size=2)
    clips = torch.randn(arguments.batch, 3, arguments.frames, arguments.size, arguments.size)
    _, contexts, targets = masks([torch.zeros(1)] * arguments.batch)
    trained = [p for model in (encoder, narrow) for p in model.parameters() if p.requires_grad]
    adamw = torch.optim.AdamW(trained, lr=1e-4, weight_decay=0.04)

    def step():
        with measure.autocast(arguments):
            with torch.no_grad():
                features = target(clips)
                wanted = apply_masks(F.layer_norm(features, (features.size(-1),)), targets, concat=False)
            predicted = narrow(encoder(clips, contexts), wanted, contexts, targets)
            loss = sum((a - b).abs().mean() for a, b in zip(predicted, wanted)) / len(targets)
        adamw.zero_grad(set_to_none=True)
        loss.backward()
        adamw.step()
        with torch.no_grad():
            for average, parameter in zip(target.parameters(), encoder.parameters()):
                average.mul_(0.998).add_((1.0 - 0.998) * parameter)

    return step


def large_encoder(arguments):
    _, _, _, vision_transformer, _, _ = published()
    encoder = vision_transformer.vit_large(img_size=224, patch_size=16, num_frames=16, tubelet_size=2,
                                           uniform_power=True).eval()
    for module in encoder.modules():
        if hasattr(module, "use_sdpa"):
            module.use_sdpa = arguments.fused
    clip = torch.randn(1, 3, 16, 224, 224)

    def forward():
        with torch.no_grad(), measure.autocast(arguments):
            encoder(clip)

    return forward


def main():
    parser = measure.parser(__doc__.splitlines()[0])
    parser.add_argument("--mode", choices=["train", "large"], default="train")
    parser.add_argument("--frames", type=int, default=16)
    parser.add_argument("--size", type=int, default=64)
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--predictor-layers", type=int, default=12)
    parser.add_argument("--predictor-width", type=int, default=384)
    parser.add_argument("--fused", action="store_true")
    arguments = parser.parse_args()
    measure.start(arguments)
    if arguments.autocast:
        normalise_in_float32()
    run = training_step(arguments) if arguments.mode == "train" else large_encoder(arguments)
    run()
    wall, cpu = [], []
    for _ in range(arguments.runs):
        begin, used = time.perf_counter(), time.process_time()
        run()
        wall.append(1e3 * (time.perf_counter() - begin))
        cpu.append(1e3 * (time.process_time() - used))
    print(json.dumps({"mode": arguments.mode, "wall_ms": sorted(round(ms) for ms in wall),
                      "cpu_ms": sorted(round(ms) for ms in cpu), "torch": torch.__version__,
                      "peak_rss_MiB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024}))


if __name__ == "__main__":
    main()
