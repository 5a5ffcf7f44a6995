"""Sequent and PyTorch side by side: the same workloads, in turn, on the same machine; prints a Markdown table.

    python3 bench/peers/run.py [--only NAME...] [--rounds 3] [--runs 5] [--side both|sequent|pytorch] [--precision bf16]
                               [--json FILE]

A round of a workload is: sequent, PyTorch, sequent, PyTorch with a tuned allocator; each in a process of its own that
warms up and reports the median of its runs. The table shows the median over the rounds. PyTorch's better allocator
counts; sequent runs as its users run it. Peak memory is the whole process's, as the system reports it when it ends;
PyTorch's lower one counts.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
SEQUENT = "{build}/sequent bench --json --threads {threads} --runs {runs} --precision {precision}"
SCAN = "{build}/bench/kernel_benchmarks --benchmark_format=json --benchmark_repetitions={runs}"
EXPERTS = ("{build}/bench/kernel_benchmarks --benchmark_format=json --benchmark_repetitions={runs} "
           "--benchmark_filter=^experts_backward/threads:{threads}/tokens:2048/experts:EXPERTS/chosen:1/gated:0/bfloat16:{bfloat16}/")
MODEL = "--width 256 --layers 4"
RETNET = f"{MODEL} --heads 4 --feed-forward 512"

# name, tokens, sequent's command, PyTorch's command (both without what every command gets)
WORKLOADS = [
    ("transformer train 4 x 512", 2048,
     f"{SEQUENT} --arch transformer {MODEL} --heads 4 --feed-forward 683 --batch 4 --length 512 --mode train",
     f"transformer_llama.py {MODEL} --heads 4 --batch 4 --length 512 --mode train"),
    ("GPT-2 style train 4 x 512", 2048,
     f"{SEQUENT} --arch transformer {MODEL} --heads 4 --feed-forward 683 --batch 4 --length 512 --mode train",
     f"transformer_gpt.py {MODEL} --heads 4 --batch 4 --length 512 --mode train"),
    ("transformer forward 1 x 8192", 8192,
     f"{SEQUENT} --arch transformer {MODEL} --heads 4 --feed-forward 683 --batch 1 --length 8192 --mode forward",
     f"transformer_llama.py {MODEL} --heads 4 --batch 1 --length 8192 --mode forward"),
    ("mamba train 4 x 512", 2048,
     f"{SEQUENT} --arch mamba {MODEL} --batch 4 --length 512 --mode train",
     f"mamba.py {MODEL} --batch 4 --length 512 --mode train"),
    ("mamba forward 4 x 512", 2048,
     f"{SEQUENT} --arch mamba {MODEL} --batch 4 --length 512 --mode forward",
     f"mamba.py {MODEL} --batch 4 --length 512 --mode forward"),
    ("mamba2 train 4 x 512", 2048,
     f"{SEQUENT} --arch mamba2 {MODEL} --heads 8 --state 128 --batch 4 --length 512 --mode train",
     f"mamba2.py {MODEL} --heads 8 --states 128 --batch 4 --length 512 --mode train"),
    ("mamba2 (einsum) train 4 x 512", 2048,
     f"{SEQUENT} --arch mamba2 {MODEL} --heads 8 --state 128 --batch 4 --length 512 --mode train",
     f"mamba2.py {MODEL} --heads 8 --states 128 --batch 4 --length 512 --mode train --scan einsum --chunk 64"),
    # Its scan's backward pass is quadratic in the length: at 512 a step takes minutes.
    ("jamba train 4 x 128", 512,
     f"{SEQUENT} --arch jamba {MODEL} --heads 8 --feed-forward 688 --batch 4 --length 128 --mode train",
     f"jamba.py {MODEL} --heads 8 --feed-forward 688 --batch 4 --length 128 --mode train"),
    *[(f"RetNet train 4 x 512, torchscale {form}", 2048,
       f"{SEQUENT} --arch retnet {RETNET} --batch 4 --length 512 --mode train",
       f"retnet.py {RETNET} --chunk {chunk} --batch 4 --length 512 --mode train")
      for form, chunk in [("parallel", 0), ("chunkwise 64", 64), ("chunkwise 128", 128), ("chunkwise 512", 512)]],
    ("RetNet forward 1 x 8192, torchscale chunkwise 128", 8192,
     f"{SEQUENT} --arch retnet {RETNET} --batch 1 --length 8192 --mode forward",
     f"retnet.py {RETNET} --chunk 128 --batch 1 --length 8192 --mode forward"),
    ("selective scan forward 1 x 2048", 2048,
     SCAN + " --benchmark_filter=^selective_scan_forward/tokens:2048/channels:1536/states:16/",
     "mamba.py --channels 1536 --states 16 --length 2048 --mode scan-forward"),
    ("selective scan forward + backward 1 x 2048", 2048,
     SCAN + " --benchmark_filter=^selective_scan_forward_backward/tokens:2048/channels:1536/states:16/",
     "mamba.py --channels 1536 --states 16 --length 2048 --mode scan-backward"),
    ("switch feed-forward, 8 experts, against a loop", 2048,
     EXPERTS.replace("EXPERTS", "8"), "switch.py --form loop"),
    ("switch feed-forward, 8 experts, against sorted tokens", 2048,
     EXPERTS.replace("EXPERTS", "8"), "switch.py --form sorted"),
    ("dense feed-forward of the same active size", 2048,
     EXPERTS.replace("EXPERTS", "0"), "switch.py --form dense"),
]

# glibc gives large blocks back to the system when they are freed, and every page of the next one faults again. Tuned, it
# keeps them; no separate mappings at all says the same to versions that refuse a threshold this high.
TUNED = {"MALLOC_MMAP_THRESHOLD_": str(1 << 34), "MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": str(1 << 34),
         "MALLOC_TOP_PAD_": str(256 << 20)}
# Names in the results: one side, or one side with one allocator.
OURS, DEFAULT, TUNED_SIDE = "sequent", "pytorch", "pytorch tuned"


def milliseconds_of(output):
    """The median of one process, from any of the three kinds of output."""
    if "benchmarks" in output:  # Google Benchmark: one row per repetition, then the aggregates
        unit = {"ns": 1e-6, "us": 1e-3, "ms": 1.0, "s": 1e3}
        rows = [row for row in output["benchmarks"] if row.get("run_type") != "aggregate"]
        return statistics.median(row["real_time"] * unit[row["time_unit"]] for row in rows)
    row = output["results"][0] if "results" in output else output
    return row["median_ms"]


def measure(command, environment):
    """Runs one process to its end; returns (median milliseconds, peak resident bytes, at least this script's own)."""
    with tempfile.TemporaryFile() as stdout:
        process = subprocess.Popen(command, stdout=stdout, env={**os.environ, **environment})
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        stdout.seek(0)
        text = stdout.read().decode()
    if process.returncode != 0:
        raise RuntimeError(f"exit status {process.returncode}: {' '.join(command)}")
    return milliseconds_of(json.loads(text)), usage.ru_maxrss * 1024


def turns(ours, theirs, arguments):
    """One round, as (side, command, environment): A B A B."""
    rounded = arguments.precision == "bf16"
    values = {"build": arguments.build, "threads": arguments.threads, "runs": arguments.runs,
              "precision": arguments.precision, "bfloat16": int(rounded)}
    # For PyTorch; sequent has a flag.
    threads = {"OMP_NUM_THREADS": str(arguments.threads), "OPENBLAS_NUM_THREADS": str(arguments.threads)}
    ours = ours.format(**values).split()
    script, *flags = theirs.split()
    theirs = [arguments.python, str(HERE / script), *flags, "--threads", str(arguments.threads), "--runs",
              str(arguments.runs), *(["--autocast"] if rounded else [])]
    round_ = [(OURS, ours, threads), (DEFAULT, theirs, threads), (OURS, ours, threads),
              (TUNED_SIDE, theirs, {**threads, **TUNED})]
    wanted = {"both": (OURS, DEFAULT, TUNED_SIDE), "sequent": (OURS,), "pytorch": (DEFAULT, TUNED_SIDE)}
    return [turn for turn in round_ if turn[0] in wanted[arguments.side]]


def run_workload(name, ours, theirs, arguments):
    """{side: {"ms": [one median per process], "peak_bytes": [...]}}; a side that fails is left out, with its reason."""
    results, failed = {}, set()
    for _ in range(arguments.rounds):
        for side, command, environment in turns(ours, theirs, arguments):
            if side in failed:
                continue
            try:
                milliseconds, peak = measure(command, environment)
            except (OSError, RuntimeError, ValueError, KeyError, IndexError, statistics.StatisticsError) as error:
                print(f"{name}: {side} left out: {error}", file=sys.stderr)
                failed.add(side)
                continue
            side_results = results.setdefault(side, {"ms": [], "peak_bytes": []})
            side_results["ms"].append(milliseconds)
            side_results["peak_bytes"].append(peak)
            print(f"{name}: {side} {milliseconds:.1f} ms, {peak / 2**20:.0f} MiB", file=sys.stderr, flush=True)
    return {side: result for side, result in results.items() if side not in failed}


def row(name, tokens, results):
    """One line of the table; a dash for what was not measured."""

    def time(side):
        return statistics.median(results[side]["ms"]) if side in results else None

    def peak(side):
        return max(results[side]["peak_bytes"]) / 2**20 if side in results else None

    def lowest(values):
        return min((value for value in values if value is not None), default=None)

    def shown(value, pattern):
        return "–" if value is None else pattern.format(value)

    def ratio(theirs, ours):
        return None if theirs is None or ours is None else theirs / ours

    def time_with_range(side):
        return "–" if side not in results else (f"{time(side):.1f} ({min(results[side]['ms']):.1f}"
                                                f"–{max(results[side]['ms']):.1f})")

    best_time, best_peak = lowest([time(DEFAULT), time(TUNED_SIDE)]), lowest([peak(DEFAULT), peak(TUNED_SIDE)])
    rate = None if time(OURS) is None else tokens / time(OURS) * 1e3
    cells = [name, time_with_range(DEFAULT), time_with_range(TUNED_SIDE), time_with_range(OURS),
             shown(rate, "{:.0f}"), shown(ratio(best_time, time(OURS)), "**{:.2f}x**"), shown(best_peak, "{:.0f}"),
             shown(peak(OURS), "{:.0f}"), shown(ratio(best_peak, peak(OURS)), "{:.2f}x")]
    return "| " + " | ".join(cells) + " |"


COLUMNS = ["workload", "PyTorch ms", "PyTorch tuned ms", "sequent ms", "sequent tokens/s", "faster", "PyTorch MiB",
           "sequent MiB", "smaller"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0],
                                     formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    parser.add_argument("--build", default=str(HERE.parents[1] / "build"), help="build directory of sequent")
    parser.add_argument("--python", default=sys.executable, help="interpreter that has torch")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--runs", type=int, default=5, help="timed repetitions in each process")
    parser.add_argument("--only", nargs="+", default=[], metavar="TEXT",
                        help="workloads whose name contains any of these")
    parser.add_argument("--side", choices=["both", "sequent", "pytorch"], default="both")
    parser.add_argument("--precision", choices=["f32", "bf16"], default="f32",
                        help="bf16: ours with --precision bf16, PyTorch's with torch.autocast; the scans have no such form")
    parser.add_argument("--json", metavar="FILE", help="also keep every measurement")
    arguments = parser.parse_args()

    chosen = [w for w in WORKLOADS if not arguments.only or any(text in w[0] for text in arguments.only)]
    if not chosen:
        parser.error("no workload of that name; there are: " + ", ".join(w[0] for w in WORKLOADS))
    everything, rows = {}, []
    for name, tokens, ours, theirs in chosen:
        everything[name] = run_workload(name, ours, theirs, arguments)
        rows.append(row(name, tokens, everything[name]))
    print("\n".join(["| " + " | ".join(COLUMNS) + " |", "|---" * len(COLUMNS) + "|", *rows]))
    if arguments.json:
        pathlib.Path(arguments.json).write_text(json.dumps(everything, indent=1) + "\n")
    sides = {"both": 3, "sequent": 1, "pytorch": 2}[arguments.side]
    sys.exit(0 if all(len(results) == sides for results in everything.values()) else 1)


if __name__ == "__main__":
    main()
