"""Writes the RetNet cases of tests/golden/models/; make_models.py describes the files.

Two published layouts. Those of microsoft/torchscale are computed by torchscale itself, token by token: its recurrent
form is the one that continues from a state. Its parallel form divides rows by other numbers, and what it gives for the
same weights lies beside, in parallel.safetensors. Those of flash-linear-attention, whose kernels need a GPU, are
computed in float64 by plain_retnet.py, which is itself checked here: against torchscale, and, with --fla, against the
published naive retention.

    TORCHSCALE=checkout python tools/golden/retnet_models.py [--out tests/golden/models] [--fla CHECKOUT]
"""

import argparse
import copy
import importlib.util
import json
import pathlib

import torch
from safetensors.torch import save_file

import plain_retnet
import torchscale_import
from make_models import emptied, measure, offsets_and_ids, report, save_expected

# Sizes that are no multiple of a vector. A large epsilon shows what rows are divided by before the head norm.
TORCHSCALE = {
    "retnet-torchscale": dict(decoder_embed_dim=24, decoder_value_embed_dim=48, decoder_retention_heads=3,
                              decoder_ffn_embed_dim=40, decoder_layers=2, vocab_size=41),
    "retnet-torchscale-odd-sizes": dict(decoder_embed_dim=20, decoder_value_embed_dim=35, decoder_retention_heads=5,
                                        decoder_ffn_embed_dim=27, decoder_layers=2, vocab_size=45,
                                        activation_fn="swish", no_scale_embedding=False,
                                        share_decoder_input_output_embed=True, layernorm_eps=1e-2),
    "retnet-torchscale-one-pair": dict(decoder_embed_dim=6, decoder_value_embed_dim=9, decoder_retention_heads=3,
                                       decoder_ffn_embed_dim=11, decoder_layers=1, vocab_size=37,
                                       layernorm_eps=1e-1),
}
FLA = {
    "retnet-fla": dict(vocab_size=43, hidden_size=24, num_heads=3, expand_v=2.0, intermediate_size=40,
                       num_hidden_layers=2),
    "retnet-fla-grouped": dict(vocab_size=39, hidden_size=24, num_heads=6, num_kv_heads=2, expand_v=1.5,
                               intermediate_size=29, num_hidden_layers=2, norm_eps=1e-2, tie_word_embeddings=True,
                               fuse_norm=False),
    "retnet-fla-no-head-weight": dict(vocab_size=47, hidden_size=20, num_heads=5, expand_k=2.0, expand_v=1.75,
                                      intermediate_size=33, num_hidden_layers=1, norm_eps=1e-1,
                                      elementwise_affine=False),
}
# What a published configuration holds besides; fields that only choose between equivalent computations are left out.
FLA_DEFAULTS = dict(model_type="retnet", architectures=["RetNetForCausalLM"], attn_mode="chunk", expand_k=1.0,
                    hidden_ratio=2, num_kv_heads=None, feature_map=None, hidden_act="swish", use_short_conv=False,
                    use_output_gate=True, max_position_embeddings=64, elementwise_affine=True, norm_eps=1e-6, attn=None,
                    bos_token_id=1, eos_token_id=2, tie_word_embeddings=False, initializer_range=0.02, fuse_norm=True)
# Configurations of torchscale often leave the vocabulary to the dictionary, and say -1.
WITHOUT_VOCABULARY = "retnet-torchscale-odd-sizes"
LENGTHS = {"retnet-torchscale": (7, 1, 33), "retnet-torchscale-odd-sizes": (33, 7, 1),
           "retnet-torchscale-one-pair": (1, 70, 2), "retnet-fla": (7, 1, 33), "retnet-fla-grouped": (1, 33, 7),
           "retnet-fla-no-head-weight": (2, 33, 1, 3, 7)}
TORCHSCALE_KEPT = ("embed_tokens.weight", "layers.0.retention.k_proj.weight", "layer_norm.weight")
FLA_KEPT = ("model.embeddings.weight", "model.layers.0.attn.k_proj.weight", "model.norm.weight")


def fresh_directory(out, name, config):
    directory = emptied(out / name)
    directory.mkdir(parents=True)
    (directory / "config.json").write_text(json.dumps(config, indent=2, sort_keys=True) + "\n")
    return directory


def save_weights(weights, directory):
    save_file(weights, directory / "model.safetensors")
    (directory / "model.safetensors").chmod(0o644)


# torchscale -----------------------------------------------------------------------------------------------------------


def build_torchscale(name):
    """A random decoder whose every parameter matters: norms are moved off 1, and the projections, which start small,
    are scaled up until the rows of the retention have absolute sums far from 1."""
    retnet_config, decoder = torchscale_import.retnet()
    config = retnet_config(**TORCHSCALE[name])
    embedding = torch.nn.Embedding(config.vocab_size, config.decoder_embed_dim)
    torch.nn.init.normal_(embedding.weight, std=0.5)
    model = decoder(config, embed_tokens=embedding)
    with torch.no_grad():
        for parameter_name, parameter in model.named_parameters():
            if parameter.dim() == 1:
                parameter.add_(0.3 * torch.randn_like(parameter))
            elif ".retention." in parameter_name:
                parameter.mul_(8.0 if parameter_name.endswith(("q_proj.weight", "k_proj.weight")) else 4.0)
    return config, model.eval()


def token_by_token(model, ids):
    state = {"is_first_step": False}
    steps = [model(ids[None, : n + 1], incremental_state=state)[0][0] for n in range(len(ids))]
    return torch.cat(steps)


def write_torchscale(name, out):
    torch.manual_seed(sum(name.encode()))
    config, model = build_torchscale(name)
    settings = vars(config)
    offsets, ids = offsets_and_ids(LENGTHS[name], config.vocab_size)
    directory = fresh_directory(out, name, settings | ({"vocab_size": -1} if name == WITHOUT_VOCABULARY else {}))
    # With a shared embedding the published checkpoints hold it twice.
    save_weights({key: value.clone() for key, value in model.state_dict().items()}, directory)

    for file, form, parallel in (("expected", lambda m, one: token_by_token(m, one), False),
                                 ("parallel", lambda m, one: m(one[None])[0][0], True)):
        trained = copy.deepcopy(model)
        values = measure(lambda one: form(trained, one), list(trained.named_parameters()), ids, offsets,
                         TORCHSCALE_KEPT)
        doubles = {key: p.detach().double().requires_grad_() for key, p in model.named_parameters()}
        exact = measure(lambda one: plain_retnet.torchscale_logits(settings, doubles, one, parallel),
                        list(doubles.items()), ids, offsets, TORCHSCALE_KEPT)
        report(f"{name} {file}", values, exact)
        if parallel:
            values = {key: value for key, value in values.items() if key.startswith(("logits", "loss", "gradient"))}
            print(f"{'':36s} parallel and recurrent logits differ by "
                  f"{(values['logits'] - recurrent_logits).abs().max().item():.1e}")
        recurrent_logits = values["logits"]
        save_expected(directory / f"{file}.safetensors", values, ids, offsets)


# flash-linear-attention -----------------------------------------------------------------------------------------------


def fla_shapes(config):
    width, layers = config["hidden_size"], config["num_hidden_layers"]
    keys, values = int(width * config["expand_k"]), int(width * config["expand_v"])
    groups = config["num_heads"] // (config["num_kv_heads"] or config["num_heads"])
    shapes = {"model.embeddings.weight": (config["vocab_size"], width)}
    for layer in range(layers):
        prefix = f"model.layers.{layer}."
        shapes |= {prefix + "attn_norm.weight": (width,), prefix + "mlp_norm.weight": (width,),
                   prefix + "attn.q_proj.weight": (keys, width), prefix + "attn.k_proj.weight": (keys // groups, width),
                   prefix + "attn.v_proj.weight": (values // groups, width),
                   prefix + "attn.g_proj.weight": (values, width), prefix + "attn.o_proj.weight": (width, values)}
        if config["elementwise_affine"]:
            norm = "g_norm_swish_gate" if config["fuse_norm"] else "g_norm"
            shapes[f"{prefix}attn.{norm}.weight"] = (values // config["num_heads"],)
        for matrix in ("gate_proj", "up_proj"):
            shapes[f"{prefix}mlp.{matrix}.weight"] = (config["intermediate_size"], width)
        shapes[prefix + "mlp.down_proj.weight"] = (width, config["intermediate_size"])
    shapes["model.norm.weight"] = (width,)
    if not config["tie_word_embeddings"]:
        shapes["lm_head.weight"] = (config["vocab_size"], width)
    return shapes


def published_naive_retention(checkout):
    """flash-linear-attention's own naive retention, as a function of what ours takes (it scales q, in float32)."""
    path = pathlib.Path(checkout) / "fla" / "ops" / "retention" / "naive.py"
    spec = importlib.util.spec_from_file_location("naive", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return lambda q, k, v, _: module.naive_retention(q[None] * q.shape[-1] ** 0.5, k[None], v[None])[0].to(q.dtype)


def write_fla(name, out, checkout):
    torch.manual_seed(sum(name.encode()))
    config = {**FLA_DEFAULTS, **FLA[name]}
    weights = {key: (1 + 0.3 * torch.randn(shape) if len(shape) == 1 else 0.3 * torch.randn(shape))
               for key, shape in fla_shapes(config).items()}
    offsets, ids = offsets_and_ids(LENGTHS[name], config["vocab_size"])
    directory = fresh_directory(out, name, config)
    save_weights(weights, directory)
    if checkout:
        naive = published_naive_retention(checkout)
        one = ids[offsets[1] : offsets[2]]
        ours, theirs = (plain_retnet.fla_logits(config, weights, one, retention)
                        for retention in (plain_retnet.recurrent_retention, naive))
        print(f"{name}: logits differ by {(ours - theirs).abs().max().item():.1e} from the published naive retention")
    doubles = {key: p.double().requires_grad_() for key, p in weights.items()}
    exact = measure(lambda one: plain_retnet.fla_logits(config, doubles, one), list(doubles.items()), ids, offsets,
                    FLA_KEPT)
    values = {key: value.float() for key, value in exact.items()}
    save_expected(directory / "expected.safetensors", values, ids, offsets)
    report(name, values, exact)


def main():
    here = pathlib.Path(__file__).resolve()
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=pathlib.Path, default=here.parents[2] / "tests" / "golden" / "models")
    parser.add_argument("--fla", help="checkout of flash-linear-attention to check the plain retention against")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    for name in TORCHSCALE:
        write_torchscale(name, arguments.out)
    for name in FLA:
        write_fla(name, arguments.out, arguments.fla)


if __name__ == "__main__":
    main()
