"""Writes networks of Keras itself into a folder, with Keras's own predictions: run as a process of its own.

KERAS_BACKEND=torch KERAS_HOME=FOLDER python make_keras.py FOLDER
"""

import sys
from pathlib import Path

import keras
import numpy as np
from keras import layers

SERIES = np.random.default_rng(5).normal(size=(12, 3)).astype("float32")
GAPS = SERIES.copy()
GAPS[[0, 1, 6, 11]] = 0  # steps that a mask leaves out
IDS = np.array([0, 0, 3, 7, 1, 0, 9, 4])


def networks() -> dict[str, tuple[list[keras.Layer], np.ndarray]]:
    """Name -> layers, and what they read."""
    dense = layers.Dense
    return {
        "sentiment": (
            [
                layers.Embedding(20, 8, mask_zero=True),
                layers.SpatialDropout1D(0.2),
                layers.Bidirectional(layers.LSTM(4, return_sequences=True)),
                layers.LSTM(3),
                dense(1, activation="sigmoid"),
            ],
            IDS,
        ),
        "stacked": (
            [layers.LSTM(5, return_sequences=True), layers.Dropout(0.2), layers.LSTM(4), dense(1)],
            SERIES,
        ),
        "gru": ([layers.GRU(4, return_sequences=True), layers.GRU(4, reset_after=False), dense(2)], SERIES),
        "hard": (
            [
                layers.LSTM(
                    4, recurrent_activation="hard_sigmoid", activation="softsign", return_sequences=True
                ),
                layers.GRU(4, activation="elu", recurrent_activation="hard_sigmoid", reset_after=False),
                dense(3, activation="softmax"),
            ],
            SERIES,
        ),
        "simple": (
            [layers.SimpleRNN(4, activation="relu", use_bias=False), dense(2, activation="tanh")],
            SERIES,
        ),
        "backwards": (
            [
                layers.Masking(),
                layers.LSTM(4, go_backwards=True, return_sequences=True),
                layers.GRU(3, return_sequences=True),
                layers.TimeDistributed(dense(2)),
            ],
            GAPS,
        ),
        "merged": (
            [
                layers.Masking(),
                layers.Bidirectional(layers.GRU(4, return_sequences=True), merge_mode="ave"),
                layers.Bidirectional(layers.SimpleRNN(3), merge_mode="mul"),
                dense(2),
            ],
            GAPS,
        ),
        "around": (
            [
                layers.Conv1D(6, 3, padding="causal", activation="relu"),
                layers.MaxPooling1D(2),
                layers.BatchNormalization(),
                layers.LSTM(4, return_sequences=True),
                layers.LayerNormalization(),
                layers.Flatten(),
                dense(4, activation="gelu"),
                layers.LeakyReLU(),
                layers.Reshape((2, 2)),
                layers.GlobalAveragePooling1D(),
            ],
            SERIES,
        ),
    }


def graphs() -> dict[str, tuple[keras.Model, np.ndarray | list[np.ndarray]]]:
    """Models whose layers do not follow one another, and what they read."""
    series, ids = keras.Input((12, 3), name="series"), keras.Input((None,), name="ids")
    static, found = keras.Input((2,), name="static"), {}

    def add(name: str, inputs: object, outputs: object, x: object) -> None:
        found[name] = (keras.Model(inputs, outputs, name=name), x)

    sides = [layers.LSTM(4, name="long")(series), layers.GRU(4, name="short")(series)]
    add("sides", series, dense_of(layers.Concatenate()(sides)), SERIES)
    read = layers.LSTM(4, return_sequences=True, name="memory")(series)
    shares = layers.Permute((2, 1))(layers.Dense(12, activation="softmax")(layers.Permute((2, 1))(read)))
    looked = layers.Flatten()(layers.Multiply()([read, shares]))
    add("looking", series, [dense_of(looked), layers.GlobalMaxPooling1D()(read)], SERIES)
    twice = layers.GRU(3, name="twice")
    one, other = twice(layers.Dense(3)(series)), twice(layers.Dense(3)(series))
    add("shared", series, dense_of(layers.Subtract()([one, other])), SERIES)
    _, hidden, cell = layers.LSTM(4, return_sequences=True, return_state=True, name="encoder")(series)
    back = layers.LSTM(4, return_sequences=True, name="decoder")
    told = back(layers.RepeatVector(5)(hidden), initial_state=[hidden, cell])
    add("states", series, layers.TimeDistributed(layers.Dense(2))(told), SERIES)
    table = layers.Embedding(20, 4, mask_zero=True)(ids)
    up = layers.Add()([layers.LSTM(4, return_sequences=True, name="first")(table), table])
    add("skipped", ids, dense_of(layers.LSTM(4, name="second")(up)), IDS)
    gaps = layers.Masking()(series)
    masked = layers.Concatenate()([layers.LSTM(4, return_sequences=True, name="here")(gaps), gaps])
    add("gaps", series, dense_of(layers.GRU(3, name="there")(masked)), GAPS)
    start = keras.Input((None, 3))
    normed = layers.BatchNormalization()(layers.LSTM(4, name="lstm", return_sequences=True)(start))
    encoder = keras.Model(start, [layers.Dense(2)(normed), normed], name="encoder")
    short, wide = encoder(series)
    other, _ = encoder(layers.Dense(3)(series))
    deeper = keras.Sequential([layers.GRU(3, return_sequences=True, name="gru")], name="deep")
    tail = keras.Sequential([layers.Dense(5), deeper, layers.LSTM(3, name="lstm")], name="tail")
    deeper.trainable = False
    add("inside", series, dense_of(tail(layers.Concatenate()([short, wide, other]))), SERIES)
    words = keras.Sequential([layers.Embedding(20, 4, mask_zero=True), layers.Dense(3)], name="words")
    first = keras.Sequential([layers.LSTM(4, return_sequences=True, name="lstm")], name="first")
    add("inside_gaps", ids, dense_of(layers.GRU(3, name="gru")(first(words(ids)))), IDS)
    read = layers.GRU(4, return_sequences=True, name="read")(series)
    asks = layers.GRU(4, return_sequences=True, name="asks")(series)
    share = layers.Softmax()(layers.Dot(axes=(2, 2))([asks, read]))
    found_there = layers.Dot(axes=(2, 1))([share, read])
    ends = [layers.LSTM(3, name="end")(found_there), layers.GlobalMaxPooling1D()(layers.Dense(3)(asks))]
    near = layers.Dot(axes=1, normalize=True)(ends)
    add("dots", series, dense_of(layers.Concatenate()([near, *ends])), SERIES)
    states = layers.LSTM(4, return_sequences=True, name="states")(table)
    asked = layers.Dense(4)(table)
    seen = layers.Attention(use_scale=True)([asked, states])
    before, weights = layers.Attention(score_mode="concat")(
        [states, states], return_attention_scores=True, use_causal_mask=True
    )
    summed = layers.AdditiveAttention()([asked, states, layers.Dense(4)(states)])
    attended = layers.GRU(3, name="after")(layers.Concatenate()([seen, before, summed]))
    picked = layers.GlobalAveragePooling1D()(layers.Dot(axes=(2, 1))([weights, states]))
    add("attends", ids, dense_of(layers.Concatenate()([attended, picked])), IDS)
    own = layers.LSTM(4, name="masked")(series, mask=keras.ops.not_equal(series[:, :, 0], 0.5))
    add("own_mask", series, dense_of(own), SERIES)
    fixed = np.ones(2, "float32")
    both = layers.Concatenate(name="with_static")([layers.LSTM(4, name="alone")(series), static])
    add("two", [static, series], dense_of(both), [fixed, SERIES])
    late = layers.Concatenate()([series, layers.RepeatVector(12)(static)])
    add("late", [static, series], dense_of(layers.LSTM(4, name="needs_both")(late)), [fixed, SERIES])
    return found


def main() -> None:
    folder, rng, kept = Path(sys.argv[1]), np.random.default_rng(1), {}
    for name, (rows, x) in networks().items():
        width = (None,) if x.ndim == 1 else (12, 3)
        model = keras.Sequential([layers.Input(width), *rows], name=name)
        fill(model, rng)
        kept[f"{name}_x"], kept[f"{name}_y"] = x, np.asarray(model.predict(x[None], verbose=0))[0]
        model.save(folder / f"{name}.keras")
        model.save(folder / f"{name}.h5")
        if name == "stacked":
            model.save_weights(folder / "stacked.weights.h5")
            (folder / "stacked.json").write_text(model.to_json(), encoding="utf-8")
    for name, (model, x) in graphs().items():
        fill(model, rng)
        found = model.predict([one[None] for one in x] if isinstance(x, list) else x[None], verbose=0)
        kept[f"{name}_y"] = np.asarray(found[0] if isinstance(found, list) else found)[0]
        kept[f"{name}_x"] = x[0] if isinstance(x, list) else x
        model.save(folder / f"{name}.keras")
        model.save(folder / f"{name}.h5")
    start = keras.Input((12, 3))
    inner = layers.LSTM(4, name="before")(start)
    keras.Model(start, layers.Lambda(lambda value: value * 2, name="doubled")(inner)).save(
        folder / "lambda.keras"
    )
    chain = keras.Model(start, dense_of(layers.LSTM(4, name="only")(start)))
    kept["chain_x"], kept["chain_y"] = SERIES, np.asarray(chain.predict(SERIES[None], verbose=0))[0]
    chain.save(folder / "chain.keras")
    np.savez(folder / "kept.npz", **kept)


def fill(model: keras.Model, rng: np.random.Generator) -> None:
    """Weights drawn anew."""
    for weight in model.weights:
        if "seed" not in weight.path:
            value = rng.normal(0, 0.5, weight.shape)
            weight.assign(value**2 + 0.1 if "variance" in weight.path else value)


def dense_of(value: keras.KerasTensor) -> keras.KerasTensor:
    return layers.Dense(2)(value)


main()
