#!/usr/bin/env python3
"""Tokenizers of every kind of pipeline, and what the `tokenizers` and `sentencepiece` libraries make of hard texts.

    python3 tools/golden/tokenizer_pipelines.py [--write]
    python3 tools/golden/tokenizer_pipelines.py --random 100000 --sequent build/sequent [--only NAME ...]

In tests/golden/tokenizers:
  unigram.model, bpe.model      small models of SentencePiece, trained here on tests/golden/text/corpus.txt and LICENSE
  unigram.json, bpe.json        the same vocabularies in tokenizer.json files, as Transformers converts them
  cases.json                    texts; for each variant what it changes of a file, and the ids and texts the library
                                gives (null: the text itself)

With --write they are made, otherwise they must be what is made. With --random nothing is written: every variant, and
models of SentencePiece with the large published character maps, are held against the command `sequent tokenizer` on so
many random strings over all of Unicode.
"""

import argparse
import base64
import bisect
import copy
import io
import json
import pathlib
import random
import subprocess
import sys
import tempfile
import unicodedata

import sentencepiece
from sentencepiece import sentencepiece_model_pb2
from tokenizers import Tokenizer, normalizers

ROOT = pathlib.Path(__file__).resolve().parents[2]
GOLDEN = ROOT / "tests" / "golden" / "tokenizers"
CORPUS = [ROOT / "tests" / "golden" / "text" / "corpus.txt", ROOT / "LICENSE"]
BYTE_LEVEL = ROOT / "tests" / "golden" / "text" / "trained_tokenizer.json"
SPACE = "\u2581"

# A small character map with what is hard about the large ones: entries of several characters, results of several or none,
# spaces of all kinds.
CHARSMAP = {"\u00a0": " ", "\u3000": " ", "\t": " ", "\n": " ", "\r": " ", "\u200b": " ", "\uff21": "A", "\ufb01": "fi",
            "\u00bd": "1\u20442", "e\u0301": "\u00e9", "A\u030a": "\u00c5", "\u212b": "\u00c5", "\x07": "",
            "\u0915\u093c": "\u0958", "\u1112\u1161\u11ab": "\ud55c", "\u2026": "...", "\U0001d7d8": "0"}


def train(**options) -> bytes:
    """A model of SentencePiece; the same bytes every time."""
    model = io.BytesIO()
    with tempfile.TemporaryDirectory() as directory:
        rules = pathlib.Path(directory) / "rules.tsv"
        if "normalization_rule_name" not in options:
            points = {" ".join(f"{ord(c):X}" for c in before): " ".join(f"{ord(c):X}" for c in after)
                      for before, after in CHARSMAP.items()}
            rules.write_text("".join(f"{before}\t{after}\n" for before, after in points.items()))
            options["normalization_rule_tsv"] = str(rules)
        lines = [line for path in CORPUS for line in path.read_text().splitlines()]
        sentencepiece.SentencePieceTrainer.train(sentence_iterator=iter(lines), model_writer=model, num_threads=1,
                                                 minloglevel=2, character_coverage=0.995, **options)
    proto = sentencepiece_model_pb2.ModelProto.FromString(model.getvalue())
    # Paths of the machine, and the trainer's test of itself.
    for field in ("normalization_rule_tsv",):
        proto.normalizer_spec.ClearField(field)
    return proto.SerializeToString(deterministic=True)


UNIGRAM = {"vocab_size": 340, "model_type": "unigram", "pad_id": 0, "eos_id": 1, "unk_id": 2, "bos_id": -1}
BPE = {"vocab_size": 600, "model_type": "bpe", "byte_fallback": True, "remove_extra_whitespaces": False,
       "normalization_rule_name": "identity", "allow_whitespace_only_pieces": True, "split_digits": True}
OTHER_MODELS = {
    "unigram": UNIGRAM,
    "bpe": BPE,
    "unigram-bytes": {"vocab_size": 600, "model_type": "unigram", "byte_fallback": True,
                      "user_defined_symbols": ["<sep>", "st" + SPACE + "k", SPACE * 2, "x", "\u00a0"],
                      "control_symbols": ["<ctl>"]},
    "unigram-plain": {"vocab_size": 340, "model_type": "unigram", "normalization_rule_name": "identity",
                      "remove_extra_whitespaces": False, "add_dummy_prefix": False},
    "bpe-user": {"vocab_size": 340, "model_type": "bpe", "user_defined_symbols": ["<sep>", "ing", SPACE * 2],
                 "control_symbols": ["<ctl>"], "add_dummy_prefix": False},
}
LARGE_MAPS = ["nmt_nfkc", "nfkc", "nmt_nfkc_cf", "nfkc_cf"]


def generate_merges(pieces: list[tuple[str, float]]) -> list[list[str]]:
    """Merges from the scores of pieces, as Transformers makes them of a model of SentencePiece."""
    vocab = {piece: score for piece, score in pieces}
    merges = []
    for merged, score in pieces:
        local = [(merged[:i], merged[i:]) for i in range(1, len(merged)) if merged[:i] in vocab and merged[i:] in vocab]
        ids = {piece: i for i, (piece, _) in enumerate(pieces)}
        local.sort(key=lambda pair: (ids[pair[0]], ids[pair[1]]))
        merges += [(score, pair) for pair in local]
    merges.sort(key=lambda entry: entry[0], reverse=True)
    return [list(pair) for _, pair in merges]


def added(id: int, content: str, special: bool = True, **flags) -> dict:
    return {"id": id, "content": content, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False,
            "special": special} | flags


def template(single: list) -> dict:
    """`single`: (token, id) and "A"."""
    pieces = [{"Sequence": {"id": "A", "type_id": 0}} if piece == "A" else
              {"SpecialToken": {"id": piece[0], "type_id": 0}} for piece in single]
    specials = {piece[0]: {"id": piece[0], "ids": [piece[1]], "tokens": [piece[0]]} for piece in single if piece != "A"}
    return {"type": "TemplateProcessing", "single": pieces,
            "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
            "special_tokens": specials}


def metaspace(scheme: str = "always", split: bool = True) -> dict:
    return {"type": "Metaspace", "replacement": SPACE, "prepend_scheme": scheme, "split": split}


def sequence(kind: str, *parts) -> dict:
    return {"type": "Sequence", kind: list(parts)}


def replace(pattern, content: str) -> dict:
    return {"type": "Replace", "pattern": pattern if isinstance(pattern, dict) else {"String": pattern},
            "content": content}


def split(pattern, behavior: str, invert: bool = False) -> dict:
    return {"type": "Split", "pattern": pattern if isinstance(pattern, dict) else {"String": pattern},
            "behavior": behavior, "invert": invert}


def bpe_json(model: bytes) -> dict:
    proto = sentencepiece_model_pb2.ModelProto.FromString(model)
    merges = generate_merges([(piece.piece, piece.score) for piece in proto.pieces if piece.type == 1])
    return {
        "version": "1.0", "truncation": None, "padding": None,
        "added_tokens": [added(0, "<unk>"), added(1, "<s>"), added(2, "</s>")],
        "normalizer": sequence("normalizers", {"type": "Prepend", "prepend": SPACE}, replace(" ", SPACE)),
        "pre_tokenizer": None,
        "post_processor": template([("<s>", 1), "A"]),
        "decoder": sequence("decoders", replace(SPACE, " "), {"type": "ByteFallback"}, {"type": "Fuse"},
                            {"type": "Strip", "content": " ", "start": 1, "stop": 0}),
        "model": {"type": "BPE", "dropout": None, "unk_token": "<unk>", "continuing_subword_prefix": None,
                  "end_of_word_suffix": None, "fuse_unk": True, "byte_fallback": True, "ignore_merges": False,
                  "vocab": {piece.piece: i for i, piece in enumerate(proto.pieces)}, "merges": merges}}


def unigram_json(model: bytes) -> dict:
    proto = sentencepiece_model_pb2.ModelProto.FromString(model)
    charsmap = base64.b64encode(proto.normalizer_spec.precompiled_charsmap).decode()
    return {
        "version": "1.0", "truncation": None, "padding": None,
        "added_tokens": [added(0, "<pad>"), added(1, "</s>"), added(2, "<unk>"), added(340, "<extra_id_1>"),
                         added(341, "<extra_id_0>")],
        "normalizer": {"type": "Precompiled", "precompiled_charsmap": charsmap},
        "pre_tokenizer": metaspace(),
        "post_processor": template(["A", ("</s>", 1)]),
        "decoder": metaspace(),
        "model": {"type": "Unigram", "unk_id": 2, "byte_fallback": False,
                  "vocab": [[piece.piece, piece.score] for piece in proto.pieces]}}


def variants(files: dict[str, dict]) -> dict[str, tuple[str, dict]]:
    """By name: the file, and the parts that are replaced; "model" only in the options named."""
    precompiled = files["unigram"]["normalizer"]
    byte_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
    plain_bytes = byte_level | {"use_regex": False}
    to_space = sequence("normalizers", replace(" ", SPACE))
    words = {"type": "WhitespaceSplit"}
    result = {
        "llama": ("bpe", {}),
        "llama-metaspace-first": ("bpe", {"normalizer": None, "pre_tokenizer": metaspace("first", False)}),
        "mistral-metaspace-always": ("bpe", {"normalizer": None, "pre_tokenizer": metaspace("always", True)}),
        "jamba-digits": ("bpe", {"normalizer": None, "pre_tokenizer": sequence(
            "pretokenizers", metaspace("first", False), {"type": "Digits", "individual_digits": True})}),
        "gemma": ("bpe", {"normalizer": to_space, "post_processor": template([("<s>", 1), "A", ("</s>", 2)]),
                          "decoder": sequence("decoders", replace(SPACE, " "), {"type": "ByteFallback"},
                                              {"type": "Fuse"}),
                          "pre_tokenizer": split(" ", "MergedWithPrevious")}),
        "unknown-fused": ("bpe", {"model": {"byte_fallback": False}}),
        "unknown-apart": ("bpe", {"model": {"byte_fallback": False, "fuse_unk": False}}),
        "whole-pieces-first": ("bpe", {"normalizer": to_space, "model": {"ignore_merges": True},
                                       "pre_tokenizer": split(SPACE, "MergedWithNext")}),
        "no-decoder": ("bpe", {"decoder": None, "normalizer": None, "pre_tokenizer": words}),
        # With a "stop" the library fails on texts that are shorter.
        "strip-twice": ("bpe", {"decoder": sequence(
            "decoders", replace(SPACE, " "), {"type": "Strip", "content": " ", "start": 1, "stop": 0},
            {"type": "ByteFallback"}, {"type": "Fuse"}, {"type": "Strip", "content": "l", "start": 2, "stop": 0},
            replace("e", "EE"))}),
        "added-flags": ("bpe", {"added_tokens": [
            added(0, "<unk>"), added(1, "<s>"), added(2, "</s>"), added(600, "<l>", False, lstrip=True),
            added(601, "<r>", False, rstrip=True), added(602, "word", False, single_word=True),
            added(603, "<n>", False, normalized=True), added(604, "on e", False, normalized=True, rstrip=True),
            added(605, "<b>", True, lstrip=True, rstrip=True), added(606, "  ", False)]}),
        "t5": ("unigram", {}),
        "t5-new": ("unigram", {"pre_tokenizer": metaspace("first"), "normalizer": sequence(
            "normalizers", precompiled, {"type": "Strip", "strip_left": False, "strip_right": True},
            replace({"Regex": " {2,}"}, SPACE))}),
        "t5-old": ("unigram", {"pre_tokenizer": sequence("pretokenizers", words, metaspace())}),
        "unigram-whole": ("unigram", {"pre_tokenizer": metaspace("never", False), "decoder": metaspace("never")}),
        "unigram-bytes": ("bpe-as-unigram", {"pre_tokenizer": metaspace(), "normalizer": None}),
        "unigram-strip-first": ("unigram", {"pre_tokenizer": metaspace("first"), "normalizer": {
            "type": "Strip", "strip_left": True, "strip_right": False}}),
        "starcoder": ("byte-level", {"pre_tokenizer": sequence(
            "pretokenizers", {"type": "Digits", "individual_digits": True}, byte_level)}),
        "prefix-space-last": ("byte-level", {"pre_tokenizer": sequence(
            "pretokenizers", {"type": "Digits", "individual_digits": False}, byte_level | {"add_prefix_space": True})}),
        "deepseek": ("byte-level", {"pre_tokenizer": sequence(
            "pretokenizers", split({"Regex": "[\r\n]"}, "Isolated"), split({"Regex": r"\s?\p{L}+"}, "Isolated"),
            split({"Regex": r"\s?\p{P}+"}, "Isolated"), split({"Regex": "[\u4e00-\u9fa5]+"}, "Isolated"),
            {"type": "Digits", "individual_digits": True}, plain_bytes)}),
        "punctuation": ("byte-level", {"pre_tokenizer": sequence(
            "pretokenizers", {"type": "Punctuation", "behavior": "Contiguous"}, plain_bytes)}),
        "whitespace": ("byte-level", {"pre_tokenizer": sequence("pretokenizers", {"type": "Whitespace"}, plain_bytes)}),
        "roberta": ("byte-level", {"post_processor": {
            "type": "RobertaProcessing", "sep": ["e", 69], "cls": ["c", 67], "trim_offsets": True,
            "add_prefix_space": False}}),
        "post-sequence": ("byte-level", {"post_processor": sequence(
            "processors", {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": False, "use_regex": True},
            template([("<|endoftext|>", 0), "A", ("e", 69)]))}),
        "lines": ("byte-level", {"pre_tokenizer": sequence(
            "pretokenizers", split({"Regex": r"^\w+|\h$|x*"}, "Isolated"), plain_bytes)}),
        "word-characters": ("byte-level", {"pre_tokenizer": sequence(
            "pretokenizers", split({"Regex": r"\w+|[^\w\s]"}, "Isolated"), plain_bytes)}),
    }
    for behavior in ("Removed", "Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous"):
        for invert in (False, True):
            name = f"split-{behavior}{'-inverted' if invert else ''}".lower()
            result[name] = ("byte-level", {"pre_tokenizer": sequence(
                "pretokenizers", split({"Regex": r"\s|[aeiou]"} if invert else "a", behavior, invert), plain_bytes)})
    for form in ("NFC", "NFD", "NFKC", "NFKD", "Lowercase", "Nmt"):
        result[form.lower()] = ("byte-level", {"normalizer": {"type": form}})
    result["strip-accents"] = ("byte-level", {"normalizer": sequence(
        "normalizers", {"type": "NFD"}, {"type": "StripAccents"}, {"type": "Strip", "strip_left": True,
                                                                 "strip_right": True})})
    result["replace-regex"] = ("byte-level", {"normalizer": sequence(
        "normalizers", replace({"Regex": r"\s+|x+"}, "-"), replace("e", ""), {"type": "Prepend", "prepend": "ab"})})
    return result


def made_files() -> dict[str, object]:
    models = {name: train(**options) for name, options in (("unigram", UNIGRAM), ("bpe", BPE))}
    return {"unigram.model": models["unigram"], "bpe.model": models["bpe"],
            "unigram.json": unigram_json(models["unigram"]), "bpe.json": bpe_json(models["bpe"])}


def bases(files: dict[str, object]) -> dict[str, dict]:
    result = {"unigram": files["unigram.json"], "bpe": files["bpe.json"], "byte-level": json.loads(BYTE_LEVEL.read_text())}
    # The pieces of the BPE model, with bytes, as a unigram model.
    as_unigram = copy.deepcopy(result["bpe"])
    vocab = sorted(as_unigram["model"]["vocab"], key=as_unigram["model"]["vocab"].get)
    as_unigram["model"] = {"type": "Unigram", "unk_id": 0, "byte_fallback": True,
                           "vocab": [[piece, -len(piece) / 3 - i / 100] for i, piece in enumerate(vocab)]}
    result["bpe-as-unigram"] = as_unigram
    return result


def changed(file: dict, changes: dict) -> dict:
    result = dict(file)
    for key, value in changes.items():
        result[key] = file["model"] | value if key == "model" else value
    return result


HARD_TEXTS = [
    "", " ", "  ", "a", "Hello, world!  It's 3 o'clock; we'll see 1234567 'times'.", "  leading and trailing  ",
    "tabs\t\tand\nnew\n\nlines\r\n\r\n   \n  indented\n\tcode(x){return x;}\n",
    "caf\u00e9 cafe\u0301 \u00c5ngstr\u00f6m A\u030angstrom \u212b \u1e9b\u0323 \u0130I\u0307 \u03a3\u03c2",
    "\u4f60\u597d\uff0c\u4e16\u754c\u3002\u3053\u3093\u306b\u3061\u306f \ud55c\uad6d\uc5b4 \u1112\u1161\u11ab",
    "\U0001F600\U0001F468\u200d\U0001F469\u200d\U0001F467 \U0001F1E9\U0001F1EA x\u00b2 \u00bd \u0663\u0664 \u2167",
    "\u00a0no-break\u3000ideographic\u0085next line\u2028separator\u180eMongolian\u200bzero \ufeff",
    "\u0627\u0644\u0639\u0631\u0628\u064a\u0629 \u0939\u093f\u0928\u094d\u0926\u0940 \u0e44\u0e17\u0e22 \u0915\u093c",
    "nul\0in the middle \x07bell \x1c\x1f\x7f", "kato" * 30, "\u2581mark\u2581 \u2581\u2581s<0x41>\u2026",
    "<s>a</s> <unk> x<extra_id_0> y<l> z <r> word words word. <n> on e  <b>  <sep>st k", "a<ctl>b  ing<pad>"]

PARTS = ["a", "the", "Z", " ", "  ", "   ", "\n", "\r\n", "\t", "'s", "'ll", "1", "23", ".", "!?", "_", "$", "\u00e9",
         "\u0301", "e\u0301", "\u4f60", "\u00a0", "\u3000", "\u0085", "\u180e", "\u200b", "\u00b2", "\u0663", "\u00df",
         "\U0001F600", "\U0001D7D8", "\u200d", "\x1c", "\x07", "ing", "kato", "ren", "mi", SPACE, "\u2026", "\ufb01",
         "\uff21", "\u0915\u093c", "x", "<s>", "<unk>", "<l>", "<r>", "word", "<n>", "<sep>", "<0x41>", "on e", "e"]


def mixed(draw: random.Random, parts: int) -> str:
    return "".join(draw.choice(PARTS) for _ in range(parts))


def agreed() -> list[int]:
    """The characters of which Python (Unicode 14 in version 3.11) and the library know the same; it has older tables."""
    decomposed, without_marks = normalizers.NFKD(), normalizers.StripAccents()
    result = []
    for point in range(0x110000):
        c = chr(point)
        if unicodedata.category(c) in ("Cn", "Cs"):
            continue
        mark = unicodedata.category(c)[0] == "M"
        if decomposed.normalize_str(c) == unicodedata.normalize("NFKD", c) and mark == (without_marks.normalize_str(c) == ""):
            result.append(point)
    return result


def anything(draw: random.Random, characters: list[int]) -> str:
    """Runs of any characters, of neighbours among them, and of the parts above."""
    text = ""
    for _ in range(draw.randint(1, 6)):
        kind = draw.random()
        if kind < 0.3:
            text += mixed(draw, draw.randint(1, 6))
        elif kind < 0.5:
            text += "".join(chr(draw.choice(characters)) for _ in range(draw.randint(1, 4)))
        elif kind < 0.8:
            limit = bisect.bisect(characters, draw.choice([0x100, 0x300, 0x600, 0x3000, 0x10000]))
            text += "".join(chr(characters[draw.randrange(limit)]) for _ in range(draw.randint(1, 6)))
        else:
            at = draw.randrange(len(characters) - 8)
            text += "".join(chr(characters[at + draw.randrange(8)]) for _ in range(draw.randint(1, 4)))
    return text


def texts() -> list[str]:
    draw = random.Random(3)
    return HARD_TEXTS + [mixed(draw, 16) for _ in range(8)]


def shown(decoded: list[str], texts_given: list[str]) -> list:
    """None for a text that comes back as it was."""
    return [None if decoded[i] == texts_given[i] else decoded[i] for i in range(len(decoded))]


def cases(files: dict[str, object]) -> dict:
    known, result = bases(files), {"texts": texts(), "variants": {}, "models": {}}
    for name, (base, changes) in variants(known).items():
        tokenizer = Tokenizer.from_str(json.dumps(changed(known[base], changes)))
        ids = [tokenizer.encode(text, add_special_tokens=False).ids for text in result["texts"]]
        result["variants"][name] = {"file": base, "changes": changes, "ids": ids,
                                    "around": tokenizer.encode("").ids,
                                    "decoded": shown([tokenizer.decode(each) for each in ids], result["texts"])}
    for name in ("unigram", "bpe"):
        processor = sentencepiece.SentencePieceProcessor(model_proto=files[f"{name}.model"])
        ids = [processor.encode(text) for text in result["texts"]]
        result["models"][name] = {"ids": ids,
                                  "decoded": shown([processor.decode(each) for each in ids], result["texts"])}
    return result


def written(content) -> bytes:
    if isinstance(content, bytes):
        return content
    return (json.dumps(content, ensure_ascii=True, separators=(",", ":")) + "\n").encode()


def each_or_none(batch, one, items: list) -> list:
    """What a function gives for each item; None where the library itself fails, which it does by a panic."""
    try:
        return batch(items)
    except BaseException as error:  # noqa: what a panic becomes is no Exception
        if "PanicException" not in type(error).__name__:
            raise
    result = []
    for item in items:
        try:
            result.append(one(item))
        except BaseException as error:  # noqa
            if "PanicException" not in type(error).__name__:
                raise
            result.append(None)
    return result


def ask(sequent: str, verb: str, path: pathlib.Path, special: bool, lines: list) -> list:
    """What `sequent tokenizer` says of many lines."""
    command = [sequent, "tokenizer", verb, str(path), "--lines"] + (["--special"] if special else [])
    text = "".join(json.dumps(line) + "\n" for line in lines)
    done = subprocess.run(command, input=text.encode(), stdout=subprocess.PIPE, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def compare(name: str, sequent: str, path: pathlib.Path, library: tuple, special: bool, strings: list[str]) -> int:
    """Ids, and for the library's ids the text. `library`: encode and decode, of many at once and of one."""
    encode, encode_one, decode, decode_one = library
    expected = each_or_none(encode, encode_one, strings)
    found = ask(sequent, "encode", path, special, strings)
    known = [i for i in range(len(strings)) if expected[i] is not None]
    wrong = [i for i in known if found[i] != expected[i]]
    text = each_or_none(decode, decode_one, [expected[i] for i in known])
    found_text = ask(sequent, "decode", path, False, [expected[i] for i in known])
    wrong_text = [k for k in range(len(known)) if text[k] is not None and found_text[k] != text[k]]
    failed = len(strings) - len(known) + text.count(None)
    print(f"{name}: {len(strings)} texts, {sum(len(expected[i]) for i in known)} ids, {len(wrong)} differ, "
          f"{len(wrong_text)} are decoded differently" + (f"; the library fails on {failed}" if failed else ""), flush=True)
    for i in wrong[:3]:
        print(f"  {strings[i]!a}\n    {expected[i]}\n    {found[i]}")
    for k in wrong_text[:3]:
        print(f"  {expected[known[k]]}\n    {text[k]!a}\n    {found_text[k]!a}")
    return len(wrong) + len(wrong_text)


def compare_random(count: int, sequent: str, only: list[str]) -> int:
    draw, characters = random.Random(4), agreed()
    print(f"{len(characters)} characters")
    strings = HARD_TEXTS + [anything(draw, characters) for _ in range(count - len(HARD_TEXTS))]
    files, wrong = made_files(), 0
    known = bases(files)
    large = {name: train(**(UNIGRAM | {"normalization_rule_name": name})) for name in LARGE_MAPS}
    known["unigram-large"] = unigram_json(large["nmt_nfkc"])
    found = variants(known) | {"t5-large-map": ("unigram-large", {})}
    with tempfile.TemporaryDirectory() as directory:
        path = pathlib.Path(directory) / "tokenizer.json"
        for name, (base, changes) in found.items():
            if only and name not in only:
                continue
            path.write_text(json.dumps(changed(known[base], changes)))
            tokenizer = Tokenizer.from_file(str(path))
            library = (lambda each: [e.ids for e in tokenizer.encode_batch(each, add_special_tokens=False)],
                       lambda one: tokenizer.encode(one, add_special_tokens=False).ids,
                       tokenizer.decode_batch, tokenizer.decode)
            wrong += compare(name, sequent, path, library, True, strings)
        path = pathlib.Path(directory) / "tokenizer.model"
        models = {f"model-{name}": train(**options) for name, options in OTHER_MODELS.items()}
        models |= {f"model-{name}": model for name, model in large.items()}
        for name, model in models.items():
            if only and name not in only:
                continue
            path.write_bytes(model)
            processor = sentencepiece.SentencePieceProcessor(model_proto=model)
            library = (processor.encode, processor.encode, processor.decode, processor.decode)
            wrong += compare(name, sequent, path, library, False, strings)
    return wrong


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--random", type=int, default=0)
    parser.add_argument("--sequent", default=str(ROOT / "build" / "sequent"))
    parser.add_argument("--only", nargs="*", default=[])
    arguments = parser.parse_args()
    if arguments.random:
        return 1 if compare_random(arguments.random, arguments.sequent, arguments.only) else 0
    files = made_files()
    files["cases.json"] = cases(files)
    GOLDEN.mkdir(exist_ok=True)
    for name, content in files.items():
        if arguments.write:
            (GOLDEN / name).write_bytes(written(content))
        assert (GOLDEN / name).read_bytes() == written(content), name
        print(f"{name}: {len(written(content))} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
