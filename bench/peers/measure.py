"""What every peer script shares: its common flags, timing, and the one JSON line a measurement prints."""

import argparse
import json
import pathlib
import resource
import statistics
import sys
import time

import torch


def parser(description):
    result = argparse.ArgumentParser(description=description, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    result.add_argument("--threads", type=int, default=2)
    result.add_argument("--runs", type=int, default=5, help="timed repetitions")
    result.add_argument("--warm-up", type=int, default=1, help="repetitions before them")
    result.add_argument("--autocast", action="store_true", help="mixed precision: torch.autocast to bfloat16")
    return result


def warn_of_spinning():
    """OpenBLAS with threads of its own and PyTorch's OpenMP threads wait by spinning, each on the other's core."""
    maps = pathlib.Path("/proc/self/maps")
    if maps.exists() and "/openblas-pthread/" in maps.read_text():
        print("warning: torch uses OpenBLAS with threads of its own, up to four times slower here than its OpenMP build: "
              "install libopenblas0-openmp and choose it with update-alternatives --config for libopenblas.so.0, "
              "libblas.so.3 and liblapack.so.3", file=sys.stderr)


def start(arguments):
    """The same threads and random numbers for every script."""
    warn_of_spinning()
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(0)


def autocast(arguments):
    """Around the forward pass and the loss, as PyTorch's documentation has it."""
    return torch.autocast("cpu", torch.bfloat16, enabled=arguments.autocast)


def peak_rss_bytes():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def report(name, run, tokens, arguments, **more):
    """Times run() and prints a JSON object: name, milliseconds, tokens per second of the median, peak memory."""
    for _ in range(arguments.warm_up):
        run()
    milliseconds = []
    for _ in range(arguments.runs):
        begin = time.perf_counter()
        run()
        milliseconds.append(1e3 * (time.perf_counter() - begin))
    median = statistics.median(milliseconds)
    print(json.dumps({"name": name, "median_ms": round(median, 3), "min_ms": round(min(milliseconds), 3),
                      "max_ms": round(max(milliseconds), 3), "runs": len(milliseconds), "tokens": tokens,
                      "tokens_per_second": round(tokens / median * 1e3, 1), "peak_rss_bytes": peak_rss_bytes(),
                      "threads": arguments.threads, "torch": torch.__version__, **more}), flush=True)


def model_parser(description):
    result = parser(description)
    result.add_argument("--mode", choices=["train", "forward"], default="train")
    result.add_argument("--width", type=int, default=256)
    result.add_argument("--layers", type=int, default=4)
    result.add_argument("--vocabulary", type=int, default=257)
    result.add_argument("--batch", type=int, default=4)
    result.add_argument("--length", type=int, default=512)
    return result


def report_model(name, model, arguments):
    """A training step (gradients cleared, forward, backward, AdamW), or the logits of all tokens without gradients."""
    ids = torch.randint(0, arguments.vocabulary, (arguments.batch, arguments.length + 1))
    inputs, targets = ids[:, :-1], ids[:, 1:]
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.1)

    def train():
        optimizer.zero_grad(set_to_none=True)
        with autocast(arguments):
            logits = model(inputs)
            loss = torch.nn.functional.cross_entropy(logits.reshape(-1, arguments.vocabulary), targets.reshape(-1))
        loss.backward()
        optimizer.step()
        return loss.item()

    @torch.no_grad()
    def forward():
        with autocast(arguments):
            model(inputs)

    report(f"{name} {arguments.mode} width {arguments.width} layers {arguments.layers} batch {arguments.batch} "
           f"length {arguments.length}", train if arguments.mode == "train" else forward,
           arguments.batch * arguments.length, arguments, parameters=sum(p.numel() for p in model.parameters()))
