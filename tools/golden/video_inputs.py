"""Writes tests/golden/video/: what the published code of V-JEPA makes of videos before the model sees them.

clips.json: the frames its data set chooses; masks.json: its masks, with the random numbers they were made from;
schedules.json: the schedules of its training;
views.safetensors: a picture resized and cropped as in training (by torch) and in evaluation (by OpenCV, as in its code).

    JEPA=checkout python tools/golden/video_inputs.py    # of github.com/facebookresearch/jepa, commit 51c59d5
"""

import argparse
import importlib.util
import json
import os
import pathlib
import sys
import tempfile
import types

import numpy as np
import torch
from safetensors.torch import save_file

# (frames of the video, frames of a clip, stride, clips, overlap)
CLIPS = [(n, frames, stride, clips, overlap)
         for n in (1, 3, 4, 7, 16, 63, 64, 65, 130, 300)
         for frames, stride, clips in ((16, 4, 1), (16, 4, 2), (8, 2, 3), (16, 4, 8), (5, 3, 2), (1, 1, 1))
         for overlap in (False, True)
         if n >= clips and (n > 1 or not overlap)]  # there the published code asks for frame -1
MASKS = {
    "short-range": dict(num_blocks=8, spatial_scale=(0.15, 0.15), temporal_scale=(1.0, 1.0), aspect_ratio=(0.75, 1.5),
                        max_temporal_keep=1.0, max_keep=None),
    "long-range": dict(num_blocks=2, spatial_scale=(0.7, 0.7), temporal_scale=(1.0, 1.0), aspect_ratio=(0.75, 1.5),
                       max_temporal_keep=1.0, max_keep=None),
    "causal": dict(num_blocks=2, spatial_scale=(0.2, 0.8), temporal_scale=(0.3, 0.9), aspect_ratio=(0.3, 3.0),
                   max_temporal_keep=0.6, max_keep=40),
}


def modules():
    """The published modules; what they import and do not use here is replaced by empty ones."""
    if "JEPA" not in os.environ:
        raise SystemExit("set JEPA to a checkout of https://github.com/facebookresearch/jepa")
    sys.path.insert(0, os.environ["JEPA"])
    for name, names in {"decord": ("VideoReader", "cpu"), "pandas": ()}.items():
        if importlib.util.find_spec(name) is None:
            sys.modules[name] = types.ModuleType(name)
            for entry in names:
                setattr(sys.modules[name], entry, None)
    import src.datasets.utils.video.functional as functional
    import src.datasets.video_dataset as dataset
    import src.masks.multiblock3d as multiblock
    import src.utils.schedulers as schedulers

    return dataset, multiblock, functional, schedulers


def clips(dataset):
    class Reader:
        def __init__(self, frames):
            self.frames = frames

        def __len__(self):
            return self.frames

        def seek(self, _):
            pass

        def get_batch(self, indices):
            return types.SimpleNamespace(asnumpy=lambda: np.array(indices))

    cases = []
    with tempfile.NamedTemporaryFile() as file:
        file.write(b"0" * 2048)
        file.flush()
        for n, frames, stride, count, overlap in CLIPS:
            dataset.VideoReader = lambda *_, n=n, **__: Reader(n)
            dataset.cpu = lambda _: None
            videos = dataset.VideoDataset([], frames_per_clip=frames, frame_step=stride, num_clips=count,
                                          random_clip_sampling=False, allow_clip_overlap=overlap)
            _, indices = videos.loadvideo_decord(file.name)
            cases.append(dict(count=n, frames=frames, stride=stride, clips=count, overlap=overlap,
                              indices=[list(map(int, clip)) for clip in indices]))
    return cases


def masks(multiblock):
    cases = []
    for number, (name, config) in enumerate(MASKS.items()):
        for height, width, duration in ((14, 14, 8), (6, 9, 5)):
            torch.manual_seed(number)
            collator = multiblock.MaskCollator([config], crop_size=(16 * height, 16 * width), num_frames=2 * duration,
                                               patch_size=16, tubelet_size=2)
            generator = collator.mask_generators[0]
            drawn, placed = [], []
            rand, randint = torch.rand, torch.randint
            torch.rand = lambda *a, **k: drawn.append(rand(*a, **k)) or drawn[-1]
            torch.randint = lambda *a, **k: placed.append(randint(*a, **k)) or placed[-1]
            context, target = generator(3)
            torch.rand, torch.randint = rand, randint
            assert len(placed) == 3 * config["num_blocks"] * 3, "a context was empty and drawn again"
            size = [float(value) for value in drawn]
            cases.append(dict(name=name, height=height, width=width, time=duration, uniform=size,
                              top_left_start=[int(value) for value in placed], context=context.tolist(),
                              target=target.tolist()))
    return cases


def views(functional):
    rng = np.random.default_rng(0)
    picture = rng.integers(0, 256, (37, 53, 3), dtype=np.uint8)
    image = torch.from_numpy(picture).permute(2, 0, 1)[None].float()
    mean = torch.tensor((0.485, 0.456, 0.406)).view(3, 1, 1)
    deviation = torch.tensor((0.229, 0.224, 0.225)).view(3, 1, 1)

    def normalised(x):
        return ((x - 255 * mean) / (255 * deviation)).contiguous()

    def crop(top, left, height, width, size):
        box = image[:, :, top:top + height, left:left + width]
        return normalised(torch.nn.functional.interpolate(box, (size, size), mode="bilinear", align_corners=False)[0])

    def levels(resized):
        return torch.from_numpy(resized).permute(2, 0, 1).float()

    larger = functional.resize_clip([picture], int(24 * 256 / 224))[0]
    x, y = int(round((larger.shape[1] - 24) / 2)), int(round((larger.shape[0] - 24) / 2))
    exact = functional.resize_clip([picture], 24)[0]
    step = (exact.shape[1] - 24) // 2
    return {
        "picture": torch.from_numpy(picture),
        "smaller": crop(3, 5, 30, 41, 16),
        "larger": crop(20, 30, 9, 11, 24),
        "flipped": crop(0, 0, 37, 53, 20).flip(-1).contiguous(),
        "centre": normalised(levels(larger[y:y + 24, x:x + 24])),
        **{f"side{i}": normalised(levels(exact[:, i * step:i * step + 24])) for i in range(3)},
    }


def schedules(schedulers):
    """Learning rate, weight decay and momentum as app/vjepa/train.py draws them, step by step."""
    cases = []
    for steps, warmup, wanted in ((90000, 12000, (0, 1, 11998, 11999, 12000, 50000, 89999)),
                                  (300, 40, (0, 5, 38, 39, 40, 41, 150, 299))):
        optimizer = types.SimpleNamespace(param_groups=[{}])
        horizon = int(1.25 * steps)
        rate = schedulers.WarmupCosineSchedule(optimizer, warmup_steps=warmup, start_lr=2e-4, ref_lr=6.25e-4,
                                               final_lr=1e-6, T_max=horizon)
        decay = schedulers.CosineWDSchedule(optimizer, ref_wd=0.04, final_wd=0.4, T_max=horizon)
        at = []
        for step in range(steps):
            lr, weight_decay = rate.step(), decay.step()
            if step in wanted:
                momentum = 0.998 + step * (1.0 - 0.998) / (steps * 1.25)
                at.append(dict(step=step, lr=lr, weight_decay=weight_decay, momentum=momentum))
        cases.append(dict(steps=steps, warmup=warmup, at=at))
    return cases


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", default="tests/golden/video", type=pathlib.Path)
    out = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    dataset, multiblock, functional, schedulers = modules()
    for name, cases in {"clips": clips(dataset), "masks": masks(multiblock),
                        "schedules": schedules(schedulers)}.items():
        lines = ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases)
        (out / f"{name}.json").write_text(f"[\n{lines}\n]\n")
    save_file(views(functional), out / "views.safetensors")


if __name__ == "__main__":
    main()
