"""A GPT-2-style Transformer in PyTorch: LayerNorm before each part, learned positions, causal attention with the score
matrix written out, GELU feed-forward, biases, tied embedding.
"""

import torch
import torch.nn as nn
import torch.nn.functional as F

import measure


class Block(nn.Module):
    def __init__(self, width, heads, hidden):
        super().__init__()
        self.heads = heads
        self.attention_norm, self.feed_forward_norm = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.up, self.down = nn.Linear(width, hidden), nn.Linear(hidden, width)

    def attend(self, x, mask):
        batch, length, width = x.shape
        dimension = width // self.heads
        q, k, v = self.qkv(x).view(batch, length, 3, self.heads, dimension).permute(2, 0, 3, 1, 4)
        scores = q @ k.transpose(-1, -2) * dimension**-0.5 + mask
        return self.out((scores.softmax(dim=-1) @ v).transpose(1, 2).reshape(batch, length, width))

    def forward(self, x, mask):
        x = x + self.attend(self.attention_norm(x), mask)
        return x + self.down(F.gelu(self.up(self.feed_forward_norm(x))))


class Gpt(nn.Module):
    def __init__(self, vocabulary, width, layers, heads, hidden, length):
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, width)
        self.positions = nn.Embedding(length, width)
        self.blocks = nn.ModuleList(Block(width, heads, hidden) for _ in range(layers))
        self.norm = nn.LayerNorm(width)
        self.register_buffer("mask", torch.full((length, length), float("-inf")).triu(1))
        for parameter in self.parameters():
            if parameter.dim() == 2:
                nn.init.normal_(parameter, std=0.02)

    def forward(self, ids):
        length = ids.shape[1]
        x = self.embedding(ids) + self.positions.weight[:length]
        for block in self.blocks:
            x = block(x, self.mask[:length, :length])
        return self.norm(x) @ self.embedding.weight.t()


def main():
    parser = measure.model_parser(__doc__.splitlines()[0])
    parser.add_argument("--heads", type=int, default=4)
    parser.add_argument("--feed-forward", type=int, default=1024)
    arguments = parser.parse_args()
    measure.start(arguments)
    model = Gpt(arguments.vocabulary, arguments.width, arguments.layers, arguments.heads, arguments.feed_forward,
                arguments.length)
    measure.report_model("transformer_gpt", model, arguments)


if __name__ == "__main__":
    main()
