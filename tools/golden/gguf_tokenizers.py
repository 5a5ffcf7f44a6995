"""Writes tests/golden/tokenizers/{llama,t5}.gguf with llama.cpp's `gguf` package: the models of SentencePiece of
tests/golden/tokenizers in the form that llama.cpp's conversion gives them. The ids are those of cases.json there.

    python3 tools/golden/gguf_tokenizers.py
"""

import pathlib

from gguf import GGUFWriter, TokenType
from sentencepiece import sentencepiece_model_pb2

ROOT = pathlib.Path(__file__).resolve().parents[2] / "tests/golden"
# SentencePiece's types of pieces have the numbers of the format.
CASES = {"llama": "bpe.model", "t5": "unigram.model"}


def write(kind, source):
    model = sentencepiece_model_pb2.ModelProto()
    model.ParseFromString((ROOT / "tokenizers" / source).read_bytes())
    writer = GGUFWriter(ROOT / "tokenizers" / f"{kind}.gguf", "llama" if kind == "llama" else "t5")
    writer.add_tokenizer_model(kind)
    writer.add_tokenizer_pre("default")
    writer.add_token_list([piece.piece.encode() for piece in model.pieces])
    writer.add_token_scores([piece.score for piece in model.pieces])
    writer.add_token_types([TokenType(piece.type) for piece in model.pieces])
    names = [piece.piece for piece in model.pieces]
    for name, add in [("<s>", writer.add_bos_token_id), ("</s>", writer.add_eos_token_id),
                      ("<unk>", writer.add_unk_token_id)]:
        if name in names:
            add(names.index(name))
    writer.add_add_space_prefix(model.normalizer_spec.add_dummy_prefix)
    if kind == "llama":
        writer.add_chat_template("{{ bos_token }}{% for m in messages %}[{{ m.content }}]{% endfor %}")
    else:
        writer.add_remove_extra_whitespaces(model.normalizer_spec.remove_extra_whitespaces)
        writer.add_precompiled_charsmap(model.normalizer_spec.precompiled_charsmap)
        writer.add_add_bos_token(False)
        writer.add_add_eos_token(True)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.close()


for kind, source in CASES.items():
    write(kind, source)
