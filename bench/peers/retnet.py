"""RetNet of microsoft/torchscale, itself: a training step or a forward pass, in its parallel or its chunkwise form.

The environment variable TORCHSCALE names a checkout of https://github.com/microsoft/torchscale. The model has a shared
embedding, RMSNorm before each half of a block, a gated feed-forward layer with GELU, and values twice its width.
"""

import pathlib
import sys

import torch.nn as nn

import measure

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tools" / "golden"))
import torchscale_import  # noqa: E402


class RetNet(nn.Module):
    def __init__(self, arguments):
        super().__init__()
        retnet_config, decoder = torchscale_import.retnet()
        width = arguments.width
        config = retnet_config(decoder_embed_dim=width, decoder_value_embed_dim=2 * width,
                               decoder_retention_heads=arguments.heads, decoder_ffn_embed_dim=arguments.feed_forward,
                               decoder_layers=arguments.layers, vocab_size=arguments.vocabulary,
                               share_decoder_input_output_embed=True, chunkwise_recurrent=arguments.chunk > 0,
                               recurrent_chunk_size=arguments.chunk or 512)
        embedding = nn.Embedding(arguments.vocabulary, width)
        nn.init.normal_(embedding.weight, std=width**-0.5)
        self.decoder = decoder(config, embed_tokens=embedding)

    def forward(self, ids):
        return self.decoder(ids)[0]


def main():
    parser = measure.model_parser(__doc__.splitlines()[0])
    parser.add_argument("--heads", type=int, default=4)
    parser.add_argument("--feed-forward", type=int, default=512)
    parser.add_argument("--chunk", type=int, default=0, help="of the chunkwise form; 0: the parallel form")
    arguments = parser.parse_args()
    measure.start(arguments)
    form = f"chunkwise {arguments.chunk}" if arguments.chunk else "parallel"
    measure.report_model(f"retnet {form}", RetNet(arguments), arguments)


if __name__ == "__main__":
    main()
