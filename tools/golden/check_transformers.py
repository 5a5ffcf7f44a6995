"""Opens a model directory written by sequent in `transformers` and compares the two programs' logits.

    sequent logits RUN --ids ids.json --form parallel --out logits.safetensors
    python tools/golden/check_transformers.py --model RUN --ids ids.json --logits logits.safetensors

ids.json is a list of ids, or a list of such lists (one per sequence; the logits then lie end to end). Weights that
`transformers` misses, does not know or finds in another shape are an error, as is a difference above
--tolerance times the range of the logits. With --text, the tokenizer must also encode that text and give it back.
Exit status: 0 equal, 1 different.
"""

import argparse
import json
import sys

import torch
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM, AutoTokenizer, GenerationConfig


def read_sequences(path):
    with open(path, encoding="utf-8") as file:
        ids = json.load(file)
    return ids if ids and isinstance(ids[0], list) else [ids]


def open_model(directory):
    """The model in float32, and a list of complaints about its weights."""
    model, report = AutoModelForCausalLM.from_pretrained(directory, torch_dtype=torch.float32, local_files_only=True,
                                                         output_loading_info=True)
    return model.eval(), [f"{key}: {value}" for key, value in report.items() if value]


def compare(model, sequences, logits, tolerance):
    """Prints one line per sequence and one for all; true when the largest difference is within the tolerance."""
    with torch.no_grad():
        expected = [model(torch.tensor([ids]), use_cache=False).logits[0].float() for ids in sequences]
    whole = torch.cat(expected)
    if logits.shape != whole.shape:
        print(f"shape: transformers {tuple(whole.shape)}, sequent {tuple(logits.shape)}")
        return False
    parts = logits.split([len(ids) for ids in sequences])
    for index, (theirs, ours) in enumerate(zip(expected, parts)):
        print(f"sequence {index}: {len(theirs)} tokens, max |difference| {(theirs - ours).abs().max().item():.3e}")
    difference = (whole - logits).abs().max().item()
    spread = (whole.max() - whole.min()).item()
    same_choice = (whole.argmax(-1) == logits.argmax(-1)).float().mean().item()
    print(f"all: max |difference| {difference:.3e}, logit range {spread:.3f}, ratio {difference / spread:.2e}, "
          f"same most likely token {100 * same_choice:.2f}%")
    return difference <= tolerance * spread  # false for NaN


def check_tokenizer(directory, text):
    tokenizer = AutoTokenizer.from_pretrained(directory, local_files_only=True)
    ids = tokenizer.encode(text, add_special_tokens=False)
    back = tokenizer.decode(ids, clean_up_tokenization_spaces=False)
    print(f"tokenizer: {len(text)} characters -> {len(ids)} ids -> {'the same text' if back == text else repr(back)}")
    return back == text


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", required=True, help="model directory written by sequent")
    parser.add_argument("--ids", required=True, help="JSON: a list of ids, or a list of lists")
    parser.add_argument("--logits", required=True, help="safetensors with the tensor `logits` [tokens, vocabulary]")
    parser.add_argument("--tolerance", type=float, default=1e-4, help="of the logit range (default %(default)s)")
    parser.add_argument("--text", help="also encode and decode this text with the directory's tokenizer")
    arguments = parser.parse_args()

    model, complaints = open_model(arguments.model)
    print(f"{type(model).__name__}: {sum(p.numel() for p in model.parameters())} parameters")
    GenerationConfig.from_pretrained(arguments.model, local_files_only=True)
    for complaint in complaints:
        print("weights:", complaint)
    equal = compare(model, read_sequences(arguments.ids), load_file(arguments.logits)["logits"], arguments.tolerance)
    round_trip = arguments.text is None or check_tokenizer(arguments.model, arguments.text)
    sys.exit(0 if equal and round_trip and not complaints else 1)


if __name__ == "__main__":
    main()
