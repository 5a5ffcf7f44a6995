#!/usr/bin/env python3
"""Holds the tokenizers written by sequent against the `tokenizers` library (pip install tokenizers).

    python3 tools/golden/check_tokenizer.py [--write]

In tests/golden/text:
  corpus.txt              the text the small tokenizers are trained on (made here)
  byte_tokenizer.json     written by sequent (Tokenizer::bytes().save())
  trained_tokenizer.json  written by sequent (train_bpe() of corpus.txt to 440 tokens)
  ids.json                texts and the ids that the library gives for them (made here), for these two files and for
                          variants of the second: the pattern of Llama 3, the tokens and normalizer of GPT-NeoX

Checks that the library loads both files, that its own trainer makes the same vocabulary and merges of corpus.txt, that
decoding gives the text back, and that ids.json is what the library says. With --write, corpus.txt and ids.json are
made first.
"""

import argparse
import json
import pathlib
import random
import sys

from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers

GOLDEN = pathlib.Path(__file__).resolve().parents[2] / "tests" / "golden" / "text"
END_OF_TEXT = "<|endoftext|>"
VOCABULARY_SIZE = 440
LLAMA3 = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+"
          r"|\s+(?!\S)|\s+")

HARD_TEXTS = [
    "", " ", "a", "Hello, world! It's 3 o'clock; we'll see, I'd say you've won 1234567 'times'.",
    "  leading and trailing  ", "tabs\t\tand\nnew\n\nlines\r\n\r\n   \n  indented\n\tcode(x){return x;}\n",
    "caf\u00e9 cafe\u0301 \u00c5ngstr\u00f6m A\u030angstrom \u212b \u1e9b\u0323",
    "\u4f60\u597d\uff0c\u4e16\u754c\u3002\u3053\u3093\u306b\u3061\u306f \ud55c\uad6d\uc5b4 \u1112\u1161\u11ab",
    "\U0001F600\U0001F468\u200d\U0001F469\u200d\U0001F467 \U0001F1E9\U0001F1EA x\u00b2 \u00bd \u0663\u0664 \u2167",
    "\u00a0no-break\u3000ideographic\u0085next line\u2028separator\u180eMongolian",
    "\u0627\u0644\u0639\u0631\u0628\u064a\u0629 \u0939\u093f\u0928\u094d\u0926\u0940 \u0e44\u0e17\u0e22",
    "nul\0in the middle", "a" * 100, "ab" * 60, "'s'S 'RE're'lll''dd 't", "x" + " " * 30 + "y" + " " * 7 + "\n  z ",
    "if (a  ==   b) {\n    return    c;\n        }\n",
]

PARTS = ["a", "the", "Z", " ", "  ", "    ", "\n", "\r", "\t", "'", "'s", "'re", "'ll", "1", "23", ".", "!?", "_",
         "\u00e9", "\u0301", "\u4f60", "\u00a0", "\u3000", "\u0085", "\u180e", "\u2028", "\u00b2", "\u0663", "\u00df",
         "\U0001F600", "\U0001D7D8", "\u200d", "\x1c", "\x1f", "S", "token", "ing"]


def make_corpus() -> str:
    """About 12 KB of made-up words, the frequent ones often, with punctuation, numbers, code and other scripts."""
    draw = random.Random(1)
    syllables = ["ka", "to", "mi", "ren", "sol", "th", "er", "in", "an", "ing", "ed", "st", "ou", "qu", "le", "\u00e9t"]
    words = ["".join(draw.choice(syllables) for _ in range(draw.randint(1, 4))) for _ in range(900)]
    extras = ["42", "1999", "it's", "we'll", "(x)", "\u4f60\u597d", "\u4e16\u754c", "\U0001F600", "==", "aaaa", "aaaaaa"]
    lines = []
    for _ in range(160):
        line = []
        for _ in range(draw.randint(4, 16)):
            word = words[min(int(draw.paretovariate(0.35)) - 1, len(words) - 1)]
            line.append(draw.choice(extras) if draw.random() < 0.1 else word)
        lines.append(" " * draw.choice([0, 0, 0, 4, 8]) + " ".join(line) + draw.choice([".", "!", "", ",", ";"]))
    return "\n".join(lines) + "\n"


def texts() -> list[str]:
    draw = random.Random(2)
    return HARD_TEXTS + ["".join(draw.choice(PARTS) for _ in range(40)) for _ in range(40)]


def trained_by_library() -> Tokenizer:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(vocab_size=VOCABULARY_SIZE, min_frequency=2, special_tokens=[END_OF_TEXT],
                                  initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False)
    # The whole text at once: file by file the library would read line by line, and cut "\n\n" apart.
    tokenizer.train_from_iterator([(GOLDEN / "corpus.txt").read_bytes().decode()], trainer)
    return tokenizer


def variants() -> dict[str, dict]:
    """tokenizer.json by name; those made here are stored in ids.json beside their ids, without the model."""
    byte = json.loads((GOLDEN / "byte_tokenizer.json").read_text())
    trained = json.loads((GOLDEN / "trained_tokenizer.json").read_text())
    llama3 = dict(trained, pre_tokenizer={"type": "Sequence", "pretokenizers": [
        {"type": "Split", "pattern": {"Regex": LLAMA3}, "behavior": "Isolated", "invert": False},
        {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": False}]})
    plain = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": True, "special": False}
    spaces = [dict(plain, id=VOCABULARY_SIZE + i, content=" " * (24 - i)) for i in range(23)]
    neox = dict(trained, normalizer={"type": "NFC"}, added_tokens=trained["added_tokens"] + spaces)
    prefix = dict(trained, pre_tokenizer={"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True})
    whole = dict(trained, model=dict(trained["model"], ignore_merges=True))
    return {"byte": byte, "trained": trained, "llama3": llama3, "neox": neox, "prefix": prefix, "whole": whole}


def ids() -> dict:
    result = {"texts": texts(), "variants": {}}
    for name, file in variants().items():
        tokenizer = Tokenizer.from_str(json.dumps(file))
        changes = {key: file[key] for key in ("normalizer", "pre_tokenizer", "added_tokens")}
        changes["ignore_merges"] = file["model"]["ignore_merges"]
        result["variants"][name] = {"changes": changes, "ids": [tokenizer.encode(text).ids for text in result["texts"]]}
    return result


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true")
    write = parser.parse_args().write
    if write:
        (GOLDEN / "corpus.txt").write_bytes(make_corpus().encode())
    library = json.loads(trained_by_library().to_str())["model"]
    ours = json.loads((GOLDEN / "trained_tokenizer.json").read_text())["model"]
    assert list(ours["vocab"].items()) == sorted(library["vocab"].items(), key=lambda entry: entry[1]), "vocabulary"
    assert [merge.split(" ") for merge in ours["merges"]] == [list(merge) for merge in library["merges"]], "merges"
    for name in ("byte_tokenizer.json", "trained_tokenizer.json"):
        tokenizer = Tokenizer.from_file(str(GOLDEN / name))
        for text in texts():
            assert tokenizer.decode(tokenizer.encode(text).ids) == text, (name, text)
        special = AddedToken(END_OF_TEXT, special=True)
        assert tokenizer.encode(f"a{END_OF_TEXT}").ids[-1] == tokenizer.token_to_id(special.content)
    found = json.dumps(ids(), ensure_ascii=True, separators=(",", ":")) + "\n"
    if write:
        (GOLDEN / "ids.json").write_text(found)
    assert (GOLDEN / "ids.json").read_text() == found, "ids.json"
    print(f"equal: {len(ours['merges'])} merges, {len(texts())} texts, {len(variants())} tokenizers")
    return 0


if __name__ == "__main__":
    sys.exit(main())
