"""A Llama-style Transformer in PyTorch, the architecture of sequent's `transformer`: RMSNorm before each part, rotary
positions (half-split), causal attention with the score matrix written out, SwiGLU, no biases, tied embedding.

Feed-forward 683 has three matrices and so the multiplications of a GELU feed-forward of 1024 with two.
"""

import torch
import torch.nn as nn
import torch.nn.functional as F

import measure


class RMSNorm(nn.Module):
    def __init__(self, width, epsilon=1e-6):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))
        self.epsilon = epsilon

    def forward(self, x):
        return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + self.epsilon) * self.weight


def rotary_table(length, dimension, base=10000.0):
    frequency = base ** (-torch.arange(0, dimension, 2).float() / dimension)
    angle = torch.outer(torch.arange(length).float(), frequency)
    return torch.cos(angle).repeat(1, 2), torch.sin(angle).repeat(1, 2)


def rotate(x, cosine, sine):
    first, second = x.chunk(2, dim=-1)
    return x * cosine + torch.cat([-second, first], dim=-1) * sine


class Attention(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width, bias=False)
        self.out = nn.Linear(width, width, bias=False)

    def forward(self, x, cosine, sine, mask):
        batch, length, width = x.shape
        dimension = width // self.heads
        q, k, v = self.qkv(x).view(batch, length, 3, self.heads, dimension).permute(2, 0, 3, 1, 4)
        q, k = rotate(q, cosine, sine), rotate(k, cosine, sine)
        scores = q @ k.transpose(-1, -2) * dimension**-0.5 + mask
        mixed = scores.softmax(dim=-1) @ v
        return self.out(mixed.transpose(1, 2).reshape(batch, length, width))


class SwiGlu(nn.Module):
    def __init__(self, width, hidden):
        super().__init__()
        self.gate = nn.Linear(width, hidden, bias=False)
        self.up = nn.Linear(width, hidden, bias=False)
        self.down = nn.Linear(hidden, width, bias=False)

    def forward(self, x):
        return self.down(F.silu(self.gate(x)) * self.up(x))


class Block(nn.Module):
    def __init__(self, width, heads, hidden):
        super().__init__()
        self.attention_norm, self.attention = RMSNorm(width), Attention(width, heads)
        self.feed_forward_norm, self.feed_forward = RMSNorm(width), SwiGlu(width, hidden)

    def forward(self, x, cosine, sine, mask):
        x = x + self.attention(self.attention_norm(x), cosine, sine, mask)
        return x + self.feed_forward(self.feed_forward_norm(x))


class Llama(nn.Module):
    def __init__(self, vocabulary, width, layers, heads, hidden, length):
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, width)
        self.blocks = nn.ModuleList(Block(width, heads, hidden) for _ in range(layers))
        self.norm = RMSNorm(width)
        cosine, sine = rotary_table(length, width // heads)
        self.register_buffer("cosine", cosine)
        self.register_buffer("sine", sine)
        self.register_buffer("mask", torch.full((length, length), float("-inf")).triu(1))
        for name, parameter in self.named_parameters():
            if parameter.dim() == 2:
                # Residual projections start smaller, as in GPT-2.
                residual = name.endswith(("out.weight", "down.weight"))
                nn.init.normal_(parameter, std=0.02 * (2 * layers) ** -0.5 if residual else 0.02)

    def forward(self, ids):
        length = ids.shape[1]
        cosine, sine, mask = self.cosine[:length], self.sine[:length], self.mask[:length, :length]
        x = self.embedding(ids)
        for block in self.blocks:
            x = block(x, cosine, sine, mask)
        return self.norm(x) @ self.embedding.weight.t()


def main():
    parser = measure.model_parser(__doc__.splitlines()[0])
    parser.add_argument("--heads", type=int, default=4)
    parser.add_argument("--feed-forward", type=int, default=683)
    arguments = parser.parse_args()
    measure.start(arguments)
    model = Llama(arguments.vocabulary, arguments.width, arguments.layers, arguments.heads, arguments.feed_forward,
                  arguments.length)
    measure.report_model("transformer_llama", model, arguments)


if __name__ == "__main__":
    main()
