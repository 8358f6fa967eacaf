"""The diffusion transformer as it is trained: adaLN-zero blocks with one conditioner for all of them.

The equations are those of diffusers' DiTTransformer2DModel, which has a conditioner in every block; `export.py`
writes this one out into each. Peebles and Xie, "Scalable Diffusion Models with Transformers", section 3.2.
"""

import torch
import torch.nn.functional as F
from diffusers.models.embeddings import PatchEmbed, TimestepEmbedding, Timesteps
from torch import nn

import render
from sizes import DEPTH, HEADS, LATENT_CHANNELS, LATENT_SIDE, PATCH, WIDTH

NULL_CLASS = len(render.LABELS)
NORM_EPSILON = 1e-6


def modulated(hidden: torch.Tensor, shift: torch.Tensor, scale: torch.Tensor) -> torch.Tensor:
    return F.layer_norm(hidden, (WIDTH,), eps=NORM_EPSILON) * (1 + scale) + shift


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.modulation = nn.Linear(WIDTH, 6 * WIDTH)
        self.query_key_value = nn.Linear(WIDTH, 3 * WIDTH)
        self.attention_out = nn.Linear(WIDTH, WIDTH)
        self.up = nn.Linear(WIDTH, 4 * WIDTH)
        self.down = nn.Linear(4 * WIDTH, WIDTH)
        nn.init.zeros_(self.modulation.weight)
        nn.init.zeros_(self.modulation.bias)

    def forward(self, hidden: torch.Tensor, condition: torch.Tensor) -> torch.Tensor:
        count, tokens, _ = hidden.shape
        shift, scale, gate, shift_mlp, scale_mlp, gate_mlp = (
            self.modulation(condition).unsqueeze(1).chunk(6, dim=2))
        heads = self.query_key_value(modulated(hidden, shift, scale))
        query, key, value = heads.view(count, tokens, 3, HEADS, WIDTH // HEADS).permute(2, 0, 3, 1, 4)
        # Written out: of the fused attention's time on a CPU the backward pass alone was two fifths of a whole step.
        scores = (query * (WIDTH // HEADS) ** -0.5) @ key.transpose(2, 3)
        mixed = scores.softmax(dim=3).to(value.dtype) @ value
        hidden = hidden + gate * self.attention_out(mixed.transpose(1, 2).reshape(count, tokens, WIDTH))
        raised = F.gelu(self.up(modulated(hidden, shift_mlp, scale_mlp)), approximate="tanh")
        return hidden + gate_mlp * self.down(raised)


class Transformer(nn.Module):
    def __init__(self):
        super().__init__()
        self.patches = PatchEmbed(LATENT_SIDE, LATENT_SIDE, PATCH, LATENT_CHANNELS, WIDTH)
        self.sinusoid = Timesteps(256, flip_sin_to_cos=True, downscale_freq_shift=1)
        self.timestep = TimestepEmbedding(256, WIDTH)
        self.label = nn.Embedding(NULL_CLASS + 1, WIDTH)
        self.blocks = nn.ModuleList(Block() for _ in range(DEPTH))
        self.final_modulation = nn.Linear(WIDTH, 2 * WIDTH)
        self.final = nn.Linear(WIDTH, PATCH * PATCH * LATENT_CHANNELS)
        nn.init.normal_(self.label.weight, std=0.02)
        for layer in (self.final_modulation, self.final):
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)

    def forward(self, latents: torch.Tensor, timestep: torch.Tensor, label: torch.Tensor) -> torch.Tensor:
        """Predicted noise [N, channels, side, side] for `latents` of that shape, timesteps [N] and labels [N]."""
        hidden = self.patches(latents)
        condition = F.silu(self.timestep(self.sinusoid(timestep)) + self.label(label))
        for block in self.blocks:
            hidden = block(hidden, condition)
        shift, scale = self.final_modulation(condition).unsqueeze(1).chunk(2, dim=2)
        return self._joined(self.final(modulated(hidden, shift, scale)))

    def _joined(self, patches: torch.Tensor) -> torch.Tensor:
        side = LATENT_SIDE // PATCH
        grid = patches.view(len(patches), side, side, PATCH, PATCH, LATENT_CHANNELS)
        return grid.permute(0, 5, 1, 3, 2, 4).reshape(len(patches), LATENT_CHANNELS, LATENT_SIDE, LATENT_SIDE)
