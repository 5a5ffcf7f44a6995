"""The tokenizer that lies in every directory of tests/golden/models and tests/golden/encoder_decoders: 32 tokens, so that
even the smallest of these models writes text as a user's would.

    python tools/golden/tiny_tokenizer.py        # writes it into all of them
"""

import pathlib

from tokenizers import Tokenizer, decoders, models, pre_tokenizers

LETTERS = [*"abcdefghijklmnopqrstuvwxyz.,", "Ġ", "Ċ"]
MERGES = [("t", "h"), ("Ġ", "t")]


def tiny_tokenizer():
    tokens = [*LETTERS, *("".join(pair) for pair in MERGES)]
    tokenizer = Tokenizer(models.BPE(vocab={token: id for id, token in enumerate(tokens)}, merges=MERGES))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


def main():
    root = pathlib.Path(__file__).resolve().parents[2] / "tests/golden"
    for directory in sorted([*(root / "models").iterdir(), *(root / "encoder_decoders").iterdir()]):
        tiny_tokenizer().save(str(directory / "tokenizer.json"))


if __name__ == "__main__":
    main()
