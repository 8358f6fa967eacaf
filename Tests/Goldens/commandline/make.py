"""Makes the model of CommandLineTests, a tiny DiTPipeline folder, and what diffusers draws with it.

Made with torch 2.15.0, diffusers 0.42.1, safetensors 0.8.0, Python 3.11, on a CPU. Run it beside itself:

    python make.py

`model/` is written by `save_pretrained`, but for the VAE's encoder, which would be half of the file. The weights
are drawn from torch.manual_seed(11). `golden.json` holds the final latents [1, 4, 8, 8], row-major, of
DiTPipeline with class 0, 4 steps, guidance 4 and a generator of seed 7.
"""

import json
import shutil
from pathlib import Path

import safetensors.torch
import torch
from diffusers import AutoencoderKL, DDIMScheduler, DiTPipeline, DiTTransformer2DModel

HERE = Path(__file__).parent
LABELS = {
    0: "tench, Tinca tinca",
    1: "goldfish, Carassius auratus",
    2: "crane",
    3: "crane",
    4: "7",
    5: "great white shark, white shark",
    6: "hen",
    7: "ostrich, Struthio camelus",
}


def randomise(model):
    """Fills every parameter, so that each block and branch counts."""
    for name, parameter in model.named_parameters():
        if parameter.dim() == 1:
            drawn = 0.1 * torch.randn_like(parameter)
            if "norm" in name and name.endswith("weight"):
                drawn += 1
        else:
            drawn = torch.randn_like(parameter) / parameter[0].numel() ** 0.5
        parameter.data.copy_(drawn)


torch.manual_seed(11)
transformer = DiTTransformer2DModel(
    num_attention_heads=2,
    attention_head_dim=4,
    num_layers=5,
    patch_size=2,
    in_channels=4,
    out_channels=8,
    sample_size=8,
    num_embeds_ada_norm=len(LABELS),
    activation_fn="gelu-approximate",
    attention_bias=True,
).eval()
vae = AutoencoderKL(
    down_block_types=["DownEncoderBlock2D"] * 2,
    up_block_types=["UpDecoderBlock2D"] * 2,
    block_out_channels=[4, 8],
    layers_per_block=1,
    norm_num_groups=2,
    latent_channels=4,
    scaling_factor=0.5,
).eval()
randomise(transformer)
randomise(vae)
scheduler = DDIMScheduler(
    beta_start=0.0001, beta_end=0.02, beta_schedule="linear", clip_sample=False
)
pipeline = DiTPipeline(transformer, vae, scheduler, id2label=LABELS)
folder = HERE / "model"
shutil.rmtree(folder, ignore_errors=True)
pipeline.save_pretrained(folder)
index = folder / "model_index.json"
entries = json.loads(index.read_text()) | {"id2label": {str(k): v for k, v in LABELS.items()}}
index.write_text(json.dumps(entries, indent=2) + "\n")
path = folder / "vae" / "diffusion_pytorch_model.safetensors"
kept = {
    key: value
    for key, value in safetensors.torch.load_file(path).items()
    if not key.startswith(("encoder.", "quant_conv."))
}
safetensors.torch.save_file(kept, path, metadata={"format": "pt"})

# DiTPipeline takes 1000 for the null class, whatever the model has.
forward = transformer.forward
transformer.forward = lambda *rest, class_labels, **named: forward(
    *rest, class_labels=class_labels.clamp(max=len(LABELS)), **named
)
captured = []
decode = vae.decode
vae.decode = lambda latents, **rest: (captured.append(latents), decode(latents, **rest))[1]
pipeline.set_progress_bar_config(disable=True)
pipeline(
    [0], guidance_scale=4.0, num_inference_steps=4, generator=torch.Generator().manual_seed(7)
)
latents = captured[0] * vae.config.scaling_factor
golden = {"latents": [float(f"{value:.9g}") for value in latents.flatten().tolist()]}
(HERE / "golden.json").write_text(json.dumps(golden) + "\n")
