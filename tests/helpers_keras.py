"""Keras's recurrent layers from its equations, in numpy, with Keras's order of weights. Nothing of ours."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np


def sigmoid(a: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-a))


def hard_sigmoid_2(a: np.ndarray) -> np.ndarray:
    return np.clip(0.2 * a + 0.5, 0, 1)


def hard_sigmoid_3(a: np.ndarray) -> np.ndarray:
    return np.clip(a + 3, 0, 6) / 6


Function = Callable[[np.ndarray], np.ndarray]


def lstm(
    x: np.ndarray, weights: list[np.ndarray], gates: Function = sigmoid, act: Function = np.tanh
) -> np.ndarray:
    """All outputs, (time, units); the columns are i, f, c, o."""
    kernel, back, bias = weights
    h = c = np.zeros(len(back))
    rows = []
    for step in x.astype(np.float64):
        i, f, g, o = np.split(step @ kernel + h @ back + bias, 4)
        c = gates(f) * c + gates(i) * act(g)
        h = gates(o) * act(c)
        rows.append(h)
    return np.array(rows)


def gru(
    x: np.ndarray,
    weights: list[np.ndarray],
    gates: Function = sigmoid,
    act: Function = np.tanh,
    after: bool = False,
) -> np.ndarray:
    """All outputs; the columns are z, r, h; with `after` there are two rows of biases."""
    kernel, back, bias = weights
    biases = bias if after else np.stack([bias, np.zeros_like(bias)])
    h, units = np.zeros(len(back)), len(back)
    rows = []
    for step in x.astype(np.float64):
        xz, xr, xh = np.split(step @ kernel + biases[0], 3)
        z = gates(xz + h @ back[:, :units] + biases[1][:units])
        r = gates(xr + h @ back[:, units : 2 * units] + biases[1][units : 2 * units])
        if after:
            new = act(xh + r * (h @ back[:, 2 * units :] + biases[1][2 * units :]))
        else:
            new = act(xh + (r * h) @ back[:, 2 * units :])
        h = z * h + (1 - z) * new
        rows.append(h)
    return np.array(rows)


def simple(x: np.ndarray, weights: list[np.ndarray], act: Function = np.tanh) -> np.ndarray:
    kernel, back, bias = weights
    h, rows = np.zeros(len(back)), []
    for step in x.astype(np.float64):
        h = act(step @ kernel + h @ back + bias)
        rows.append(h)
    return np.array(rows)


def drawn(*shapes: tuple[int, ...]) -> list[np.ndarray]:
    rng = np.random.default_rng(11)
    return [rng.normal(0, 0.5, shape) for shape in shapes]


def write_h5(
    path: Path,
    layers: list[tuple[str, dict[str, Any], list[np.ndarray] | dict[str, np.ndarray]]],
    version: str,
    first: bool = False,
) -> Path:
    """A file as Keras 1 (`first`) or 2 wrote it: class, settings, weights (also by name) of each layer."""
    import h5py

    described = [{"class_name": kind, "config": settings} for kind, settings, _ in layers]
    model = {
        "class_name": "Sequential",
        "config": described if first else {"name": "sequential", "layers": described},
    }
    with h5py.File(path, "w") as file:
        file.attrs["model_config"] = json.dumps(model).encode()
        file.attrs["keras_version"] = version.encode()
        root = file.create_group("model_weights")
        root.attrs["layer_names"] = [settings["name"].encode() for _, settings, _ in layers]
        for _, settings, weights in layers:
            group = root.create_group(settings["name"])
            if not isinstance(weights, dict):
                weights = {f"{settings['name']}/weight_{n}:0": one for n, one in enumerate(weights)}
            group.attrs["weight_names"] = [name.encode() for name in weights]
            for name, array in weights.items():
                group[name] = array.astype(np.float32)
    return path
