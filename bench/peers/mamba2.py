"""Mamba-2 in PyTorch: the pure-PyTorch path of `transformers`, and its scan written with einsum (train, forward).

`--scan transformers` is Mamba2ForCausalLM as installed (4.46 or later, without the CUDA kernels). It multiplies
elementwise and sums where a matrix product would do, so its memory grows with chunk * states; a short `--chunk` suits
it. `--scan einsum` puts the chunked algorithm in the form of matrix products in its place: what PyTorch can do.
"""

import types

import torch
import torch.nn.functional as F
from transformers import Mamba2Config, Mamba2ForCausalLM

import measure


def segment_sums(a):
    """[..., i, j] = a[j + 1] + ... + a[i] for j <= i, -inf above the diagonal. a: [..., chunk]"""
    sums = a.cumsum(-1)
    differences = sums[..., :, None] - sums[..., None, :]
    future = torch.ones(differences.shape[-2:], dtype=torch.bool).triu(1)
    return differences.masked_fill(future, -torch.inf)


def chunked_scan(x, a, b, c, chunk):
    """y[t] = sum_{j <= t} exp(a[j + 1] + ... + a[t]) (c[t] . b[j]) x[j], with one group.

    x: [batch, length, heads, width]; a: [batch, length, heads]; b, c: [batch, length, states]; chunk divides length.
    """
    x, b, c = (part.unflatten(1, (-1, chunk)) for part in (x, b, c))
    a = a.unflatten(1, (-1, chunk)).permute(0, 3, 1, 2)  # [batch, heads, chunks, chunk]
    sums = a.cumsum(-1)
    scores = c @ b.transpose(-1, -2)  # [batch, chunks, chunk, chunk]
    weights = scores[:, None] * torch.exp(segment_sums(a))
    y = torch.einsum("bhnij,bnjhp->bnihp", weights, x)
    written = torch.einsum("bnjs,bhnj,bnjhp->bnhps", b, torch.exp(sums[..., -1:] - sums), x)
    carried = torch.exp(segment_sums(F.pad(sums[..., -1], (1, 0))))[:, :, :-1, 1:]  # from chunk j to before chunk i
    before = torch.einsum("bhij,bjhps->bihps", carried, written)
    y = y + torch.einsum("bnis,bnhps,bhni->bnihp", c, before, torch.exp(sums))
    return y.flatten(1, 2)


def einsum_mixer(self, u, cache_params=None, cache_position=None, attention_mask=None):
    keys, length = self.ssm_state_size, u.shape[1]
    z, convolved, dt = self.in_proj(u).split([self.intermediate_size, self.conv_dim, self.num_heads], dim=-1)
    convolved = F.silu(self.conv1d(convolved.transpose(1, 2))[..., :length].transpose(1, 2))
    x, b, c = convolved.split([self.intermediate_size, keys, keys], dim=-1)
    x, delta = x.unflatten(-1, (self.num_heads, -1)), F.softplus(dt + self.dt_bias)
    y = chunked_scan(x * delta[..., None], -torch.exp(self.A_log) * delta, b, c, self.chunk_size)
    return self.out_proj(self.norm((y + x * self.D[:, None]).flatten(2), z))


class Logits(torch.nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, ids):
        return self.model(ids, use_cache=False).logits


def main():
    parser = measure.model_parser(__doc__.splitlines()[0])
    parser.add_argument("--scan", choices=["transformers", "einsum"], default="transformers")
    parser.add_argument("--states", type=int, default=128)
    parser.add_argument("--heads", type=int, default=8)
    parser.add_argument("--chunk", type=int, default=32)
    arguments = parser.parse_args()
    measure.start(arguments)
    width = arguments.width
    model = Mamba2ForCausalLM(Mamba2Config(
        vocab_size=arguments.vocabulary, hidden_size=width, num_hidden_layers=arguments.layers,
        num_heads=arguments.heads, head_dim=2 * width // arguments.heads, n_groups=1, state_size=arguments.states,
        chunk_size=arguments.chunk, pad_token_id=0, bos_token_id=0, eos_token_id=0))
    if arguments.scan == "einsum":
        for layer in model.backbone.layers:
            layer.mixer.forward = types.MethodType(einsum_mixer, layer.mixer)
    measure.report_model(f"mamba2 {arguments.scan}", Logits(model), arguments)


if __name__ == "__main__":
    main()
