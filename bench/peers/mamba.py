"""Mamba in PyTorch: the model (train, forward) and its selective scan alone (scan-forward, scan-backward).

The time loop takes its inputs apart with unbind and puts the states together with stack, so that the backward pass is
linear in the length; indexing [:, t] instead, as the published reference loop does, makes every step's gradient as
large as the whole input, and one training step at length 512 then takes minutes.
"""

import math

import torch
import torch.nn as nn
import torch.nn.functional as F

import measure
from transformer_llama import RMSNorm


def selective_scan(x, delta, a, b, c, d, gate, delta_bias):
    """h[t] = exp(delta[t] A) h[t-1] + delta[t] B[t] x[t];  y[t] = (C[t] . h[t] + D x[t]) * silu(gate[t]).

    x, delta, gate: [batch, length, channels]; a: [channels, states]; b, c: [batch, length, states]; d, delta_bias:
    [channels]. Time is the outermost dimension inside, so that each step's slice is contiguous.
    """
    delta = F.softplus(delta + delta_bias)
    decay = torch.exp(delta.transpose(0, 1).unsqueeze(-1) * a)
    drive = (delta * x).transpose(0, 1).unsqueeze(-1) * b.transpose(0, 1).unsqueeze(2)
    state = torch.zeros_like(drive[0])
    states = []
    for decay_t, drive_t in zip(decay.unbind(0), drive.unbind(0)):
        state = torch.addcmul(drive_t, decay_t, state)
        states.append(state)
    y = (torch.stack(states) @ c.transpose(0, 1).unsqueeze(-1)).squeeze(-1).transpose(0, 1)
    return (y + x * d) * F.silu(gate)


class Mixer(nn.Module):
    def __init__(self, width, states, taps, expand):
        super().__init__()
        inner = expand * width
        self.rank, self.states, self.taps = math.ceil(width / 16), states, taps
        self.in_proj = nn.Linear(width, 2 * inner, bias=False)
        self.conv = nn.Conv1d(inner, inner, taps, groups=inner, padding=taps - 1)
        self.x_proj = nn.Linear(inner, self.rank + 2 * states, bias=False)
        self.dt_proj = nn.Linear(self.rank, inner, bias=False)
        self.out_proj = nn.Linear(inner, width, bias=False)
        self.a_log = nn.Parameter(torch.log(torch.arange(1.0, states + 1)).repeat(inner, 1))
        self.d = nn.Parameter(torch.ones(inner))
        dt = torch.exp(torch.rand(inner) * math.log(0.1 / 0.001) + math.log(0.001)).clamp(min=1e-4)
        self.dt_bias = nn.Parameter(dt + torch.log(-torch.expm1(-dt)))

    def forward(self, u):
        x, gate = self.in_proj(u).chunk(2, dim=-1)
        x = F.silu(self.conv(x.transpose(1, 2))[..., : u.shape[1]]).transpose(1, 2)
        dt, b, c = self.x_proj(x).split([self.rank, self.states, self.states], dim=-1)
        y = selective_scan(x, self.dt_proj(dt), -torch.exp(self.a_log), b, c, self.d, gate, self.dt_bias)
        return self.out_proj(y)


class Mamba(nn.Module):
    def __init__(self, vocabulary, width, layers, states, taps, expand):
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, width)
        nn.init.normal_(self.embedding.weight, std=0.02)
        self.mixers = nn.ModuleList(Mixer(width, states, taps, expand) for _ in range(layers))
        self.norms = nn.ModuleList(RMSNorm(width, 1e-5) for _ in range(layers))
        self.norm = RMSNorm(width, 1e-5)

    def forward(self, ids):
        x = self.embedding(ids)
        for norm, mixer in zip(self.norms, self.mixers):
            x = x + mixer(norm(x))
        return self.norm(x) @ self.embedding.weight.t()


def report_scan(arguments):
    """One sequence through the scan alone; backward gives the gradients of all eight inputs."""
    shape = (1, arguments.length, arguments.channels)
    inputs = {
        "x": torch.randn(shape), "delta": 0.5 * torch.randn(shape), "gate": torch.randn(shape),
        "a": -torch.arange(1.0, arguments.states + 1).repeat(arguments.channels, 1),
        "b": torch.randn(1, arguments.length, arguments.states),
        "c": torch.randn(1, arguments.length, arguments.states),
        "d": torch.ones(arguments.channels), "delta_bias": torch.full((arguments.channels,), -4.6),
    }
    gradient = torch.randn(shape)

    @torch.no_grad()
    def forward():
        selective_scan(**inputs)

    def backward():
        for tensor in inputs.values():
            tensor.requires_grad_().grad = None
        selective_scan(**inputs).backward(gradient)

    measure.report(f"mamba {arguments.mode} channels {arguments.channels} states {arguments.states} "
                   f"length {arguments.length}", forward if arguments.mode == "scan-forward" else backward,
                   arguments.length, arguments)


def main():
    parser = measure.parser(__doc__.splitlines()[0])
    parser.add_argument("--mode", choices=["train", "forward", "scan-forward", "scan-backward"], default="train",
                        help="scan-backward times forward and backward together")
    parser.add_argument("--width", type=int, default=256)
    parser.add_argument("--layers", type=int, default=4)
    parser.add_argument("--states", type=int, default=16)
    parser.add_argument("--taps", type=int, default=4, help="of the convolution")
    parser.add_argument("--expand", type=int, default=2)
    parser.add_argument("--vocabulary", type=int, default=257)
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--channels", type=int, default=1536, help="of the scan alone")
    parser.add_argument("--length", type=int, help="default 512, 2048 for the scan alone")
    arguments = parser.parse_args()
    scan_alone = arguments.mode.startswith("scan")
    arguments.length = arguments.length or (2048 if scan_alone else 512)
    measure.start(arguments)
    if scan_alone:
        return report_scan(arguments)
    measure.report_model("mamba", Mamba(arguments.vocabulary, arguments.width, arguments.layers, arguments.states,
                                        arguments.taps, arguments.expand), arguments)


if __name__ == "__main__":
    main()
