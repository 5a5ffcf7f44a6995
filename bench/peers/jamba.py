"""Jamba in PyTorch: JambaForCausalLM of `transformers` on its pure-PyTorch path (train, forward).

Without the CUDA kernels its Mamba layers take one step per token in Python. Attention is the fifth of eight layers or, in
a shallower model, the middle one; every second layer has experts, two for each token.
"""

import torch
from transformers import JambaConfig, JambaForCausalLM

import measure


class Logits(torch.nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, ids):
        return self.model(ids, use_cache=False, num_logits_to_keep=0).logits


def main():
    parser = measure.model_parser(__doc__.splitlines()[0])
    parser.add_argument("--heads", type=int, default=8)
    parser.add_argument("--feed-forward", type=int, default=688)
    parser.add_argument("--experts", type=int, default=8)
    arguments = parser.parse_args()
    measure.start(arguments)
    period = min(arguments.layers, 8)
    model = JambaForCausalLM(JambaConfig(
        vocab_size=arguments.vocabulary, hidden_size=arguments.width, intermediate_size=arguments.feed_forward,
        num_hidden_layers=arguments.layers, num_attention_heads=arguments.heads, num_key_value_heads=arguments.heads,
        num_experts=arguments.experts, num_experts_per_tok=2, expert_layer_period=2, expert_layer_offset=1,
        attn_layer_period=period, attn_layer_offset=period // 2, use_mamba_kernels=False, tie_word_embeddings=True,
        attn_implementation="eager", pad_token_id=0, bos_token_id=0, eos_token_id=0))
    measure.report_model("jamba transformers", Logits(model), arguments)


if __name__ == "__main__":
    main()
