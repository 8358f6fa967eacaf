"""Makes the goldens of ModelsTests: tiny diffusers folders and what diffusers computes from them.

Made with torch 2.15.0, diffusers 0.42.1, safetensors 0.8.0, Python 3.11, on a CPU. Run it beside itself:

    python make.py

Every folder here is written by `save_pretrained`, with numbers rounded to the storage format first, so that
the outputs belong to what the file holds; diffusers then runs in float32. `golden.json` holds inputs and
outputs, row-major. The names of the keys are those of the DiTGolden and AutoencoderGolden types of the tests.
Seeds: each case draws everything from torch.manual_seed(its position in the list below).
"""

import copy
import json
import shutil
from pathlib import Path

import safetensors.torch
import torch
from diffusers import AutoencoderKL, DiTTransformer2DModel, Transformer2DModel

HERE = Path(__file__).parent
STORAGE = {"f32": torch.float32, "f16": torch.float16, "bf16": torch.bfloat16}


def randomise(model, storage):
    """Fills every parameter, so that no gate, norm or bias is at a value that hides a mistake."""
    for name, parameter in model.named_parameters():
        if parameter.dim() == 1:
            drawn = 0.2 * torch.randn_like(parameter)
            if "norm" in name and name.endswith("weight"):
                drawn += 1
        else:
            drawn = torch.randn_like(parameter) * (1.2 / parameter[0].numel() ** 0.5)
        parameter.data.copy_(drawn.to(storage))


def tie(model):
    """Gives every block the conditioner of block 0, as trained checkpoints have it."""
    first = model.transformer_blocks[0].norm1.emb.state_dict()
    for block in model.transformer_blocks:
        block.norm1.emb.load_state_dict(first)


def numbers(tensor):
    return [float(f"{value:.9g}") for value in tensor.flatten().tolist()]


def save(model, folder, storage, **options):
    shutil.rmtree(folder, ignore_errors=True)
    # A copy: the position embedding is no parameter and would stay rounded.
    copy.deepcopy(model).to(STORAGE[storage]).save_pretrained(folder, **options)


def make_dit(seed, name, storage, config, tied=False, model_class=DiTTransformer2DModel, **options):
    torch.manual_seed(seed)
    model = model_class(activation_fn="gelu-approximate", attention_bias=True, **config).eval()
    randomise(model, STORAGE[storage])
    if tied:
        tie(model)
    folder = HERE / name
    save(model, folder, storage, **options)
    classes = config["num_embeds_ada_norm"]
    size, channels = config["sample_size"], config["in_channels"]
    cases = []
    for timestep, labels in [(999, [1, classes]), (37, [classes, 0])]:
        latents = torch.randn(len(labels), channels, size, size)
        with torch.no_grad():
            output = model(
                latents,
                timestep=torch.full([len(labels)], timestep),
                class_labels=torch.tensor(labels),
            ).sample
        cases.append(
            {
                "timestep": timestep,
                "labels": labels,
                "latents": numbers(latents),
                "output": numbers(output),
            }
        )
    (folder / "golden.json").write_text(json.dumps({"cases": cases}) + "\n")


def make_vae(
    seed, name, storage, config, latent_shape, keeps_encoder=False, first_scale=1, tiled=None
):
    """With `tiled`, a tile's side and a latent's: also `tiled.json`, what `tiled_decode` makes of the latent."""
    torch.manual_seed(seed)
    levels = len(config["block_out_channels"])
    model = AutoencoderKL(
        down_block_types=["DownEncoderBlock2D"] * levels,
        up_block_types=["UpDecoderBlock2D"] * levels,
        **config,
    ).eval()
    randomise(model, STORAGE[storage])
    for parameter in model.decoder.conv_in.parameters():
        # Small numbers make the epsilon of the norms that follow count.
        parameter.data *= first_scale
    folder = HERE / name
    save(model, folder, storage)
    if not keeps_encoder:
        # The encoder would be half of the file.
        path = folder / "diffusion_pytorch_model.safetensors"
        kept = {
            key: value
            for key, value in safetensors.torch.load_file(path).items()
            if not key.startswith(("encoder.", "quant_conv."))
        }
        safetensors.torch.save_file(kept, path, metadata={"format": "pt"})
    write_decoded(model, latent_shape, folder / "golden.json")
    if tiled:
        side, latent_shape = tiled
        model.enable_tiling()
        model.tile_latent_min_size = side
        model.tile_sample_min_size = side * 2 ** (levels - 1)
        write_decoded(model, latent_shape, folder / "tiled.json")


def write_decoded(model, latent_shape, path):
    config = model.config
    latent = torch.randn(1, config["latent_channels"], *latent_shape)
    with torch.no_grad():
        unscaled = latent / config["scaling_factor"] + (config.get("shift_factor") or 0)
        image = model.decode(unscaled).sample
    golden = {
        "latentShape": list(latent.shape[1:]),
        "latent": numbers(latent),
        "imageShape": list(image.shape[1:]),
        "image": numbers(image),
    }
    path.write_text(json.dumps(golden) + "\n")


def dit(heads, head_width, layers, patch, channels, out_channels, size, classes, **rest):
    return dict(
        num_attention_heads=heads,
        attention_head_dim=head_width,
        num_layers=layers,
        patch_size=patch,
        in_channels=channels,
        out_channels=out_channels,
        sample_size=size,
        num_embeds_ada_norm=classes,
        **rest,
    )


make_dit(1, "dit-patch1-f32", "f32", dit(3, 8, 1, 1, 4, 4, 5, 6, norm_eps=0.03))
make_dit(
    2, "dit-patch2-untied-shards", "f32", dit(2, 4, 3, 2, 4, 8, 6, 5), max_shard_size="20KB"
)
make_dit(3, "dit-patch4-bf16", "bf16", dit(4, 3, 2, 4, 1, 1, 12, 3))
make_dit(4, "dit-tied-f16", "f16", dit(2, 8, 3, 2, 4, 4, 6, 7, norm_eps=1e-6), tied=True)
make_dit(
    5,
    "transformer2d-tied-bf16",
    "bf16",
    dit(5, 4, 2, 2, 3, 6, 4, 10, norm_type="ada_norm_zero", norm_elementwise_affine=False),
    tied=True,
    model_class=Transformer2DModel,
)
make_dit(6, "dit-one-token", "f32", dit(1, 4, 2, 2, 2, 2, 2, 3))

make_vae(
    7,
    "vae-two-levels-f16",
    "f16",
    dict(
        block_out_channels=[8, 16],
        layers_per_block=2,
        norm_num_groups=4,
        latent_channels=4,
        scaling_factor=0.18215,
    ),
    (5, 7),
    tiled=(8, (11, 13)),
)
make_vae(
    8,
    "vae-three-levels-plain-bf16",
    "bf16",
    dict(
        block_out_channels=[4, 6, 10],
        layers_per_block=1,
        norm_num_groups=2,
        latent_channels=3,
        mid_block_add_attention=False,
        use_quant_conv=False,
        use_post_quant_conv=False,
        scaling_factor=0.5,
        shift_factor=0.25,
    ),
    (3, 4),
    keeps_encoder=True,
)
make_vae(
    9,
    "vae-one-level-f32",
    "f32",
    dict(
        block_out_channels=[12],
        layers_per_block=1,
        norm_num_groups=3,
        latent_channels=2,
        scaling_factor=1.5,
    ),
    (1, 3),
    first_scale=1 / 512,
)
