"""The feed-forward layer of a Switch Transformer in PyTorch: a router, `experts` MLPs with ReLU, one for each token.

Three ways to write it: a loop over the experts that gathers and scatters with a boolean mask, as public code mostly
does; tokens sorted by expert, so that each expert gets a slice; and the dense layer of the same active size. Nothing is
dropped.
"""

import argparse

import torch
import torch.nn as nn
import torch.nn.functional as F

import measure


class FeedForward(nn.Module):
    def __init__(self, width, hidden):
        super().__init__()
        self.up = nn.Linear(width, hidden, bias=False)
        self.down = nn.Linear(hidden, width, bias=False)

    def forward(self, x):
        return self.down(F.relu(self.up(x)))


class Experts(nn.Module):
    def __init__(self, width, hidden, experts):
        super().__init__()
        self.router = nn.Linear(width, experts, bias=False)
        self.experts = nn.ModuleList(FeedForward(width, hidden) for _ in range(experts))

    def route(self, x):
        return torch.softmax(self.router(x), dim=-1).max(dim=-1)


class Loop(Experts):
    def forward(self, x):
        weight, choice = self.route(x)
        y = torch.zeros_like(x)
        for index, expert in enumerate(self.experts):
            mask = choice == index
            if mask.any():
                y[mask] = expert(x[mask]).to(y.dtype)
        return y * weight.unsqueeze(-1)


class Sorted(Experts):
    def forward(self, x):
        weight, choice = self.route(x)
        order = torch.argsort(choice)
        counts = torch.bincount(choice, minlength=len(self.experts)).tolist()
        parts = [expert(part) for expert, part in zip(self.experts, x[order].split(counts))]
        return torch.cat(parts)[torch.argsort(order)] * weight.unsqueeze(-1)


def main():
    parser = measure.parser(__doc__.splitlines()[0])
    parser.add_argument("--form", choices=["loop", "sorted", "dense"], default="loop")
    parser.add_argument("--mode", choices=["train", "forward"], default="train",
                        help="train: forward, and the gradients of the input and of all weights")
    parser.add_argument("--tokens", type=int, default=2048)
    parser.add_argument("--width", type=int, default=256)
    parser.add_argument("--hidden", type=int, default=1024)
    parser.add_argument("--experts", type=int, default=8)
    arguments = parser.parse_args()
    measure.start(arguments)
    if arguments.form == "dense":
        layer = FeedForward(arguments.width, arguments.hidden)
    else:
        layer = {"loop": Loop, "sorted": Sorted}[arguments.form](arguments.width, arguments.hidden, arguments.experts)
    x = torch.randn(arguments.tokens, arguments.width, requires_grad=True)
    gradient = torch.randn(arguments.tokens, arguments.width)

    def train():
        x.grad = None
        layer.zero_grad(set_to_none=True)
        with measure.autocast(arguments):
            y = layer(x)
        y.backward(gradient.to(y.dtype))

    @torch.no_grad()
    def forward():
        with measure.autocast(arguments):
            layer(x)

    measure.report(f"switch {arguments.form} {arguments.mode} tokens {arguments.tokens} experts {arguments.experts}",
                   train if arguments.mode == "train" else forward, arguments.tokens, arguments)


if __name__ == "__main__":
    main()
