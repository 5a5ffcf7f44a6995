"""Trains a Transformer on a text file's bytes as a nanoGPT user would, and prints its validation loss.

The first 90% of the bytes train, the last 10% validate. The validation loss is the mean over the whole held-out part,
cut into consecutive windows of the context length (each predicts every one of its bytes but sees only itself), so it
has no sampling noise; --sampled adds the usual estimate over random windows.
"""

import argparse
import json
import math
import time

import numpy
import torch
import torch.nn.functional as F

import measure
from transformer_gpt import Gpt
from transformer_llama import Llama

# style: model, and the feed-forward width that multiplies 8 x width^2 per token
STYLES = {"llama": (Llama, lambda width: width * 8 // 3), "gpt": (Gpt, lambda width: 4 * width)}


def windows(data, starts, context):
    both = torch.stack([data[start : start + context + 1] for start in starts])
    return both[:, :-1], both[:, 1:]


def random_windows(data, count, context):
    return windows(data, torch.randint(0, len(data) - context, (count,)).tolist(), context)


def mean_loss(model, inputs, targets):
    logits = model(inputs)
    return F.cross_entropy(logits.reshape(-1, logits.shape[-1]), targets.reshape(-1))


@torch.no_grad()
def validation_loss(model, data, context, windows_at_once=64):
    starts = list(range(0, len(data) - context, context))
    total = 0.0
    for first in range(0, len(starts), windows_at_once):
        batch = starts[first : first + windows_at_once]
        total += len(batch) * mean_loss(model, *windows(data, batch, context)).item()
    return total / len(starts)


@torch.no_grad()
def sampled_loss(model, data, context, batch, batches):
    return sum(mean_loss(model, *random_windows(data, batch, context)).item() for _ in range(batches)) / batches


def learning_rate(step, arguments):
    """Linear warm-up, then half a cosine down to the lowest rate."""
    if step < arguments.warm_up_steps:
        return arguments.lr * (step + 1) / arguments.warm_up_steps
    progress = (step - arguments.warm_up_steps) / max(1, arguments.steps - arguments.warm_up_steps)
    return arguments.lowest_lr + 0.5 * (1 + math.cos(math.pi * progress)) * (arguments.lr - arguments.lowest_lr)


def adamw(model, lr):
    decayed = [p for p in model.parameters() if p.dim() >= 2]
    others = [p for p in model.parameters() if p.dim() < 2]
    return torch.optim.AdamW([{"params": decayed, "weight_decay": 0.1}, {"params": others, "weight_decay": 0.0}], lr=lr,
                             betas=(0.9, 0.99))


def parse():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0],
                                     formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--data", required=True, help="a text file")
    parser.add_argument("--style", choices=STYLES, default="llama")
    parser.add_argument("--layers", type=int, default=4)
    parser.add_argument("--width", type=int, default=128)
    parser.add_argument("--heads", type=int, default=4)
    parser.add_argument("--feed-forward", type=int, help="default: equal multiplications, width x 8/3 or x 4")
    parser.add_argument("--context", type=int, default=64)
    parser.add_argument("--batch", type=int, default=12)
    parser.add_argument("--steps", type=int, default=2000)
    parser.add_argument("--lr", type=float, default=1e-3)
    parser.add_argument("--lowest-lr", type=float, default=1e-4)
    parser.add_argument("--warm-up-steps", type=int, default=100)
    parser.add_argument("--clip", type=float, default=1.0)
    parser.add_argument("--every", type=int, default=500, help="steps between validations")
    parser.add_argument("--sampled", type=int, default=0, help="batches of the sampled estimate at the end")
    parser.add_argument("--seed", type=int, default=1337)
    return parser.parse_args()


def main():
    arguments = parse()
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(arguments.seed)
    data = torch.from_numpy(numpy.fromfile(arguments.data, dtype=numpy.uint8)).long()
    split = len(data) * 9 // 10
    train, validation = data[:split], data[split:]
    style, feed_forward = STYLES[arguments.style]
    model = style(257, arguments.width, arguments.layers, arguments.heads,
                  arguments.feed_forward or feed_forward(arguments.width), arguments.context)
    optimizer = adamw(model, arguments.lr)
    seconds = 0.0
    for step in range(arguments.steps):
        begin = time.perf_counter()
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(step, arguments)
        loss = mean_loss(model, *random_windows(train, arguments.batch, arguments.context))
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), arguments.clip)
        optimizer.step()
        seconds += time.perf_counter() - begin
        if (step + 1) % arguments.every == 0 or step + 1 == arguments.steps:
            line = {"name": f"train_text {arguments.style}", "step": step + 1, "train_loss": round(loss.item(), 4),
                    "val_loss": round(validation_loss(model, validation, arguments.context), 4)}
            if arguments.sampled and step + 1 == arguments.steps:
                line["sampled_val_loss"] = round(
                    sampled_loss(model, validation, arguments.context, arguments.batch, arguments.sampled), 4)
            tokens = (step + 1) * arguments.batch * arguments.context
            line.update(seconds=round(seconds, 1), tokens_per_second=round(tokens / seconds, 1),
                        parameters=sum(p.numel() for p in model.parameters()), peak_rss_bytes=measure.peak_rss_bytes())
            print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
