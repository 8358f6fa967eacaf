"""Writes the goldens of Schedulers beside itself: what diffusers and PyTorch's CPU generator compute.

Run with torch 2.15.0 (CPU), diffusers 0.42.1, numpy 2.4.6 and scipy 1.17.1 on a CPU with AVX2. Seeds are named in the files.
Arrays are base64 of little-endian float32.
"""

import base64
import json
import pathlib

import diffusers
import numpy as np
import torch

HERE = pathlib.Path(__file__).parent
VERSIONS = {"torch": torch.__version__, "diffusers": diffusers.__version__, "numpy": np.__version__}
CLASSES = {
    "ddim": diffusers.DDIMScheduler,
    "ddpm": diffusers.DDPMScheduler,
    "dpmsolver++": diffusers.DPMSolverMultistepScheduler,
}
SPACINGS = ["leading", "trailing", "linspace"]
# The stand-in for a model: output = slope · x + pattern.
SLOPES = {"epsilon": 0.9, "v_prediction": 0.3, "sample": 0.7}


def encode(values):
    return base64.b64encode(np.asarray(values, dtype="<f4").tobytes()).decode()


def write(name, contents):
    text = json.dumps({"versions": VERSIONS, **contents}, indent=0, ensure_ascii=False)
    assert len(text) < 100_000, (name, len(text))
    (HERE / name).write_text(text + "\n")


def pattern(count, scale):
    return (scale * torch.sin(torch.arange(1, count + 1, dtype=torch.float32) * 1.7)).to(torch.float32)


def trajectory(kind, steps, seed, shape, eta=0.0, **options):
    scheduler = CLASSES[kind](**options)
    scheduler.set_timesteps(steps)
    generator = torch.Generator().manual_seed(seed)
    sample = torch.randn(shape, generator=generator)
    count = sample.numel()
    offset = pattern(count, 0.1).reshape(shape)
    learned = options.get("variance_type") == "learned_range"
    states = [sample]
    timesteps = scheduler.timesteps[:steps]
    for timestep in timesteps:
        output = SLOPES[options.get("prediction_type", "epsilon")] * sample + offset
        arguments = {"generator": generator}
        if kind == "ddim":
            arguments["eta"] = eta
        if learned:
            variance = pattern(count, 1.0).flip(0).reshape(shape)
            output = torch.cat([output, variance], dim=1)
        sample = scheduler.step(output, timestep, sample, **arguments).prev_sample
        states.append(sample)
    assert all(torch.isfinite(state).all() for state in states), (kind, steps, options)
    return {
        "kind": kind,
        "steps": steps,
        "seed": seed,
        "count": count,
        "eta": eta,
        "options": options,
        "timesteps": [int(t) for t in timesteps],
        "states": encode(torch.stack(states).reshape(-1)),
    }


def trajectories(kind, cases):
    shape = (1, 4, 3, 2)
    runs = []
    for index, (counts, options) in enumerate(cases):
        for steps in counts:
            options = dict(options)
            runs.append(trajectory(kind, steps, options.pop("seed", 100 + index), options.pop("shape", shape), **options))
    sizes = sorted({run["count"] for run in runs})
    return {
        "slopes": SLOPES,
        "patterns": [
            {"offset": encode(pattern(size, 0.1)), "variance": encode(pattern(size, 1.0).flip(0))} for size in sizes
        ],
        "trajectories": runs,
    }


def ddim():
    cases = [
        ([1, 2, 7, 20], {"timestep_spacing": s, "prediction_type": p, "clip_sample": False})
        for s in SPACINGS
        for p in SLOPES
    ]
    cases += [
        ([50], {"timestep_spacing": "leading", "clip_sample": False, "eta": 0.0}),
        ([50], {"clip_sample": False, "eta": 1.0}),
        ([7], {"eta": 0.5}),
        ([7], {"clip_sample": True, "clip_sample_range": 0.3, "prediction_type": "v_prediction", "eta": 0.2}),
        ([20], {"set_alpha_to_one": False, "steps_offset": 1, "beta_schedule": "scaled_linear",
                "beta_start": 0.00085, "beta_end": 0.012, "clip_sample": False}),
        ([7], {"beta_schedule": "squaredcos_cap_v2", "prediction_type": "v_prediction", "eta": 0.7}),
        ([3, 4], {"num_train_timesteps": 4, "trained_betas": [0.1, 0.2, 0.3, 0.4], "clip_sample": False, "eta": 1.0}),
        ([7], {"clip_sample": False, "eta": 1.0, "shape": (1, 1, 3, 3), "seed": 2**32 + 5}),
    ]
    write("ddim.json", trajectories("ddim", cases))


def ddpm():
    variances = ["fixed_small", "fixed_large", "learned_range"]
    cases = [
        ([1, 2, 7, 20], {"timestep_spacing": s, "variance_type": v, "prediction_type": p, "clip_sample": False})
        for s, p in zip(SPACINGS, SLOPES)
        for v in variances
    ]
    cases += [
        ([50], {"variance_type": "learned_range", "clip_sample": False}),
        ([7], {}),
        ([7], {"timestep_spacing": "trailing", "prediction_type": "v_prediction", "clip_sample_range": 0.5}),
        ([20], {"beta_schedule": "squaredcos_cap_v2", "prediction_type": "sample", "variance_type": "fixed_large"}),
        ([10], {"num_train_timesteps": 10, "beta_end": 0.3, "variance_type": "learned_range"}),
        ([250], {"variance_type": "learned_range", "clip_sample": False, "shape": (1, 1, 3, 3), "seed": 7}),
    ]
    write("ddpm.json", trajectories("ddpm", cases))


def dpmsolver():
    cases = [
        ([1, 2, 7, 15], {"timestep_spacing": s, "prediction_type": p})
        for s in SPACINGS
        for p in SLOPES
    ]
    cases += [
        ([50], {}),
        ([7], {"solver_order": 1}),
        ([7, 15], {"final_sigmas_type": "sigma_min"}),
        ([7], {"final_sigmas_type": "sigma_min", "lower_order_final": False}),
        ([15], {"final_sigmas_type": "sigma_min", "euler_at_final": True}),
        ([20], {"beta_schedule": "scaled_linear", "beta_start": 0.00085, "beta_end": 0.012, "steps_offset": 1,
                "timestep_spacing": "leading"}),
        ([7], {"beta_schedule": "squaredcos_cap_v2", "prediction_type": "v_prediction"}),
        ([9], {"num_train_timesteps": 10, "beta_end": 0.3, "timestep_spacing": "trailing"}),
    ]
    write("dpmsolver.json", trajectories("dpmsolver++", cases))


# Schedulers in σ: the class, and what one of them is given besides its configuration.
SIGMA_CLASSES = {
    "dpmsolver++": diffusers.DPMSolverMultistepScheduler,
    "dpmsolver++-singlestep": diffusers.DPMSolverSinglestepScheduler,
    "unipc": diffusers.UniPCMultistepScheduler,
    "euler": diffusers.EulerDiscreteScheduler,
    "flow-match-euler": diffusers.FlowMatchEulerDiscreteScheduler,
    "ddim": diffusers.DDIMScheduler,
    "cogvideox-ddim": diffusers.CogVideoXDDIMScheduler,
    "cogvideox-dpm": diffusers.CogVideoXDPMScheduler,
}
# Neither divides 1000.
SIGMA_COUNTS = [7, 27]
SIGMA_STATES = 8


def calculate_shift(length, config):
    """As diffusers' FLUX pipeline has it."""
    slope = (config.max_shift - config.base_shift) / (config.max_image_seq_len - config.base_image_seq_len)
    return length * slope + config.base_shift - slope * config.base_image_seq_len


def sigma_trajectory(kind, steps, options, length=None, even=False):
    """The timesteps, σ, and some states of a walk with a linear stand-in for the model."""
    scheduler = SIGMA_CLASSES[kind](**options)
    arguments = {}
    if length is not None:
        arguments["mu"] = calculate_shift(length, scheduler.config)
    if even:
        scheduler.set_timesteps(sigmas=np.linspace(1.0, 1 / steps, steps), **arguments)
    else:
        scheduler.set_timesteps(steps, **arguments)
    if hasattr(scheduler, "set_begin_index"):
        # Else it would begin at the second of two equal timesteps, and run out of σ.
        scheduler.set_begin_index(0)
    generator = torch.Generator().manual_seed(11)
    shape = (1, 3, 3, 1)
    sample = torch.randn(shape, generator=generator) * getattr(scheduler, "init_noise_sigma", 1.0)
    offset = pattern(9, 0.1).reshape(shape)
    states = [sample]
    before, original = None, None
    for timestep in scheduler.timesteps:
        scaled = scheduler.scale_model_input(sample, timestep) if hasattr(scheduler, "scale_model_input") else sample
        output = 0.3 * scaled + offset
        noise = {"generator": generator} if options.get("stochastic_sampling") else {}
        if kind == "cogvideox-dpm":
            sample, original = scheduler.step(output, original, timestep, before, sample, generator=generator)
            before = timestep
        else:
            sample = scheduler.step(output, timestep, sample, **noise).prev_sample
        states.append(sample)
    assert all(torch.isfinite(state).all() for state in states), (kind, steps, options)
    # The first ones and the last: what lies between follows the same rules.
    kept = sorted(set(range(SIGMA_STATES // 2)) | set(range(steps + 1 - SIGMA_STATES // 2, steps + 1)))
    return {
        "kind": kind,
        "steps": steps,
        "options": options,
        "length": length,
        "even": even,
        "timesteps": [float(t) for t in scheduler.timesteps],
        "sigmas": encode(scheduler.sigmas[: steps + 1]) if hasattr(scheduler, "sigmas") else None,
        "kept": kept,
        "states": encode(torch.stack([states[k] for k in kept]).reshape(-1)),
    }


def sigma_cases():
    low = {"final_sigmas_type": "sigma_min"}
    scaled = {"beta_schedule": "scaled_linear", "beta_start": 0.00085, "beta_end": 0.012}
    velocity = {"prediction_type": "v_prediction"}
    flow = {"prediction_type": "flow_prediction", "use_flow_sigmas": True}
    rules = ["use_karras_sigmas", "use_exponential_sigmas", "use_beta_sigmas"]
    zero = {"rescale_betas_zero_snr": True, **velocity, **scaled}

    yield "flow-match-euler", [
        ({}, {}),
        ({"shift": 3.0}, {}),
        ({"shift": 3.0, "shift_terminal": 0.1}, {}),
        ({"shift": 5.0, "invert_sigmas": True}, {}),
        ({"shift": 2.0, "stochastic_sampling": True}, {}),
        ({"use_dynamic_shifting": True}, {"length": 1000, "even": True}),
        ({"use_dynamic_shifting": True, "base_shift": 0.3, "max_shift": 2.0, "base_image_seq_len": 100,
          "max_image_seq_len": 9000}, {"length": 1200}),
        ({"use_dynamic_shifting": True, "time_shift_type": "linear", "shift_terminal": 0.02},
         {"length": 6889, "even": True}),
    ] + [({"shift": 3.0, rule: True}, {}) for rule in rules]
    yield "unipc", [
        ({}, {}),
        ({"timestep_spacing": "leading", "steps_offset": 1, **scaled}, {}),
        ({"timestep_spacing": "trailing", **zero}, {}),
        ({"solver_order": 1}, {}),
        ({"solver_order": 3, **velocity}, {}),
        ({"solver_order": 3, "solver_type": "bh1", **low}, {}),
        ({"solver_type": "bh1", **low}, {}),
        ({"lower_order_final": False, **low}, {}),
        ({"predict_x0": False, **low}, {}),
        ({"predict_x0": False, "solver_order": 3, **velocity, **low}, {}),
        ({"prediction_type": "sample", "disable_corrector": [0, 2]}, {}),
        ({**flow, "flow_shift": 3.0}, {}),
        ({**flow, "flow_shift": 8.0, "solver_order": 3, "shift_terminal": 0.1}, {}),
        ({**flow, "flow_shift": 5.0, **low}, {}),
        ({**flow, "use_karras_sigmas": True}, {}),
        ({"sigma_min": 0.05, "sigma_max": 60.0, "use_karras_sigmas": True}, {}),
    ] + [({rule: True, **scaled, **(low if rule == rules[1] else {})}, {}) for rule in rules]
    yield "euler", [
        ({}, {}),
        (velocity, {}),
        ({"prediction_type": "sample", "timestep_spacing": "leading", "steps_offset": 1}, {}),
        ({"timestep_spacing": "trailing", **zero}, {}),
        ({"interpolation_type": "log_linear", **scaled}, {}),
        (low, {}),
        ({"sigma_min": 0.05, "sigma_max": 60.0, "use_karras_sigmas": True}, {}),
    ] + [({rule: True, **scaled}, {}) for rule in rules]
    yield "dpmsolver++", [
        ({"solver_order": 3}, {}),
        ({"solver_order": 3, **velocity, **scaled, **low}, {}),
        ({"solver_order": 3, "lower_order_final": False, **low}, {}),
        ({**flow, "flow_shift": 3.0}, {}),
        ({**flow, "flow_shift": 1.0, "solver_order": 3}, {}),
        ({**flow, "flow_shift": 4.0, "solver_order": 1, **low}, {}),
        ({"timestep_spacing": "trailing", **zero}, {}),
        ({"beta_schedule": "squaredcos_cap_v2", "use_karras_sigmas": True}, {}),
    ] + [({rule: True, **scaled}, {}) for rule in rules]
    yield "dpmsolver++-singlestep", [
        ({"solver_order": order, **more}, {})
        for order in (1, 2, 3)
        for more in ({}, {"lower_order_final": True, **low}, {**flow, "flow_shift": 3.0})
    ] + [({"solver_order": 3, "prediction_type": "sample", **low}, {})] + [({rule: True, **scaled}, {}) for rule in rules]
    cog = {"prediction_type": "v_prediction", "rescale_betas_zero_snr": True, "timestep_spacing": "trailing"}
    for kind in ("cogvideox-ddim", "cogvideox-dpm"):
        yield kind, [
            ({**cog, "snr_shift_scale": 3.0}, {}),
            ({**cog, "snr_shift_scale": 1.0}, {}),
            ({"beta_schedule": "linear", "set_alpha_to_one": False}, {}),
            ({"timestep_spacing": "linspace", "prediction_type": "sample", "rescale_betas_zero_snr": True}, {}),
        ]
    yield "ddim", [
        ({"timestep_spacing": "trailing", "clip_sample": False, **zero}, {}),
        ({"clip_sample": False, "rescale_betas_zero_snr": True}, {}),
    ]


def sigmas():
    for kind, cases in sigma_cases():
        runs = [sigma_trajectory(kind, steps, options, **more) for options, more in cases for steps in SIGMA_COUNTS]
        write("sigmas-" + kind.replace("+", "") + ".json", {"trajectories": runs})


def tables():
    """ᾱ of each schedule, and a hash of the timesteps of every number of steps."""
    schedules = [
        {},
        {"beta_schedule": "scaled_linear", "beta_start": 0.00085, "beta_end": 0.012},
        {"beta_schedule": "squaredcos_cap_v2"},
        {"num_train_timesteps": 1},
        {"num_train_timesteps": 33, "beta_end": 0.4},
        {"num_train_timesteps": 4, "trained_betas": [0.1, 0.2, 0.3, 0.4]},
    ]
    hashes = []
    for kind in CLASSES:
        for spacing in SPACINGS:
            scheduler = CLASSES[kind](timestep_spacing=spacing)
            values = []
            for steps in range(1, 1001):
                scheduler.set_timesteps(steps)
                value = 0
                # diffusers' trailing has one point too many at some counts; the tests know.
                for timestep in scheduler.timesteps[:steps].tolist():
                    value = (value * 31 + timestep + 1) % 2**32
                values.append(value)
            hashes.append({"kind": kind, "spacing": spacing, "hashes": values})
    write(
        "tables.json",
        {
            "schedules": [
                {"options": options, "alphaBar": encode(diffusers.DDPMScheduler(**options).alphas_cumprod)}
                for options in schedules
            ],
        },
    )
    for kind in CLASSES:
        name = "timesteps-" + {"dpmsolver++": "dpmsolver"}.get(kind, kind) + ".json"
        write(name, {"timesteps": [entry for entry in hashes if entry["kind"] == kind]})


def noise():
    """Streams of torch.rand and torch.randn; each draw is [which, count], numbers beyond 64 by their sum."""

    def stream(seed, draws):
        generator = torch.Generator().manual_seed(seed)
        results = []
        for which, count in draws:
            values = {"rand": torch.rand, "randn": torch.randn}[which](count, generator=generator)
            kept = values if count <= 100 else torch.cat([values[:16], values[-32:]])
            results.append(
                {"which": which, "count": count, "ends": encode(kept), "sum": float(values.double().sum())}
            )
        return {"seed": str(seed), "draws": results}

    counts = [1, 2, 15, 16, 17, 31, 32, 33, 100, 1024, 4096]
    streams = [stream(seed, [(which, count)]) for which in ("rand", "randn") for seed in (0, 7) for count in counts]
    streams += [stream(seed, [("rand", 17), ("randn", 24)]) for seed in (2**32 + 5, 2**63 + 1, 2**64 - 1)]
    mixed = [("randn", 1), ("randn", 16), ("randn", 1), ("rand", 3), ("randn", 3), ("rand", 1), ("randn", 17),
             ("randn", 2), ("randn", 15), ("rand", 700), ("randn", 33), ("randn", 15), ("randn", 0), ("randn", 2)]
    streams += [stream(seed, mixed) for seed in (0, 2**63 + 1)]
    write("noise.json", {"streams": streams})


def conversions():
    """What OtherScheduler.from_config(scheduler.config) makes of a folder's configuration."""
    results = []
    for kind, source in CLASSES.items():
        for options in ({}, {"timestep_spacing": "trailing", "clip_sample": False, "prediction_type": "sample"}):
            if kind == "dpmsolver++":
                options = {key: value for key, value in options.items() if key != "clip_sample"}
            for target, other in CLASSES.items():
                config = other.from_config(source.from_config(options).config).config
                results.append(
                    {
                        "kind": kind,
                        "options": options,
                        "target": target,
                        "spacing": config["timestep_spacing"],
                        "clipsSample": target != "dpmsolver++" and config["clip_sample"],
                        "prediction": config["prediction_type"],
                    }
                )
    write("conversions.json", {"conversions": results})


if __name__ == "__main__":
    ddim()
    ddpm()
    dpmsolver()
    sigmas()
    tables()
    noise()
    conversions()
