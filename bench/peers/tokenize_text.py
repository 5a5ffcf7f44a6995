#!/usr/bin/env python3
"""Encodes a text with `tokenize_bench` and with the `tokenizers` and `sentencepiece` libraries, in turn, on one thread.

    python3 bench/peers/tokenize_text.py TEXT [--train TEXT ...] [--gpt2 DIRECTORY] [--bench build-bench/bench/tokenize_bench]

The tokenizers are trained here on the texts of --train, with 32000 tokens where these are enough for them: byte-level BPE,
BPE of characters with byte fallback (Llama), unigram (T5). --gpt2 names a directory with the published encoder.json and
vocab.bpe of GPT-2. Prints megabytes per second: of the first round, and the median of those after it, which find the
caches of both sides filled.
"""

import argparse
import io
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

os.environ["TOKENIZERS_PARALLELISM"] = "false"
os.environ["RAYON_NUM_THREADS"] = "1"

import sentencepiece  # noqa: E402
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers  # noqa: E402

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tools" / "golden"))
from tokenizer_pipelines import bpe_json, unigram_json  # noqa: E402


def byte_level(model: models.BPE) -> Tokenizer:
    tokenizer = Tokenizer(model)
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


def trained_bytes(texts: list[str], size: int) -> Tokenizer:
    tokenizer = byte_level(models.BPE())
    trainer = trainers.BpeTrainer(vocab_size=size, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
                                  show_progress=False)
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


def gpt2(directory: pathlib.Path) -> Tokenizer:
    vocabulary = json.loads((directory / "encoder.json").read_text())
    lines = (directory / "vocab.bpe").read_text().splitlines()
    merges = [tuple(line.split(" ")) for line in lines if line and not line.startswith("#version")]
    return byte_level(models.BPE(vocab=vocabulary, merges=merges))


def trained_pieces(texts: list[str], **options) -> bytes:
    model = io.BytesIO()
    lines = [line for text in texts for line in text.splitlines()]
    sentencepiece.SentencePieceTrainer.train(sentence_iterator=iter(lines), model_writer=model, minloglevel=2,
                                             hard_vocab_limit=False, **options)
    return model.getvalue()


def rounds_of(encode, text: str, rounds: int) -> list[float]:
    seconds = []
    for _ in range(rounds):
        begin = time.perf_counter()
        encode(text)
        seconds.append(time.perf_counter() - begin)
    return seconds


def row(name: str, side: str, megabytes: float, runs: list[list[float]]) -> None:
    first = statistics.median(run[0] for run in runs)
    later = statistics.median(seconds for run in runs for seconds in run[1:])
    print(f"| {name} | {side} | {megabytes / first:.1f} | {megabytes / later:.1f} |", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("text", type=pathlib.Path)
    parser.add_argument("--train", type=pathlib.Path, nargs="*", default=[])
    parser.add_argument("--gpt2", type=pathlib.Path)
    parser.add_argument("--bench", default="build-bench/bench/tokenize_bench")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--vocabulary", type=int, default=32000)
    arguments = parser.parse_args()
    text = arguments.text.read_bytes().decode()
    texts = [path.read_text() for path in arguments.train or [arguments.text]]
    size = arguments.vocabulary
    bpe = trained_pieces(texts, vocab_size=size, model_type="bpe", byte_fallback=True, remove_extra_whitespaces=False,
                         normalization_rule_name="identity", allow_whitespace_only_pieces=True, split_digits=True)
    unigram = trained_pieces(texts, vocab_size=size, model_type="unigram", pad_id=0, eos_id=1, unk_id=2, bos_id=-1)
    files = {"byte-level BPE, trained": trained_bytes(texts, size).to_str(),
             "BPE with byte fallback, tokenizer.json": json.dumps(bpe_json(bpe)),
             "unigram, tokenizer.json": json.dumps(unigram_json(unigram)),
             "BPE with byte fallback, tokenizer.model": bpe, "unigram, spiece.model": unigram}
    if arguments.gpt2:
        files["byte-level BPE, GPT-2"] = gpt2(arguments.gpt2).to_str()
    megabytes = len(text.encode()) / 1e6
    print("| tokenizer | side | MB/s, first round | MB/s, later |\n|---|---|---|---|")
    with tempfile.TemporaryDirectory() as directory:
        for name, content in files.items():
            ours, theirs = [], []
            path = pathlib.Path(directory) / ("t.json" if isinstance(content, str) else "t.model")
            path.write_bytes(content.encode() if isinstance(content, str) else content)
            for _ in range(arguments.turns):
                done = subprocess.run([arguments.bench, str(path), str(arguments.text), str(arguments.rounds)],
                                      stdout=subprocess.PIPE, check=True)
                result = json.loads(done.stdout)
                ours.append(result["seconds"])
                if isinstance(content, str):
                    library = Tokenizer.from_str(content)
                    library.encode_special_tokens = True  # "<unk>" in the text is text, as it is here
                    encode = lambda each: library.encode(each, add_special_tokens=False)  # noqa: E731
                    count = len(encode(text).ids)
                    library = Tokenizer.from_str(content)  # with empty caches
                    library.encode_special_tokens = True
                else:
                    library = sentencepiece.SentencePieceProcessor(model_proto=content)
                    encode = library.encode
                    count = len(encode(text))
                # Over a megabyte, sums of float scores are rounded to ties that fall this way or that.
                assert abs(count - result["tokens"]) <= count / 1000, (name, count, result["tokens"])
                theirs.append(rounds_of(encode, text, arguments.rounds))
            row(name, "here", megabytes, ours)
            row(name, "library", megabytes, theirs)
    return 0


if __name__ == "__main__":
    sys.exit(main())
