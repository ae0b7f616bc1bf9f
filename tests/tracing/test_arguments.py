"""`record_module` as people call it: settings of the process, changed modules, odd arguments, clear words."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils import parametrizations, parametrize
from torch.nn.utils.rnn import pack_sequence

from rnnviz_core.errors import TraceError
from rnnviz_core.tracing.module import record_module
from rnnviz_core.tracing.trace import Trace

KINDS = (nn.RNN, nn.GRU, nn.LSTM)


def same(one: Trace, other: Trace) -> bool:
    return set(one) == set(other) and all(np.array_equal(one[name], other[name]) for name in one)


def made(kind: type[nn.RNNBase] = nn.LSTM, *sizes: int, **options: Any) -> tuple[nn.RNNBase, Tensor]:
    torch.manual_seed(4)
    module = kind(*(sizes or (3, 4)), **options)
    return module, torch.randn(9, 2, module.input_size)


# --- settings of the process ------------------------------------------------------------------


def autocast() -> AbstractContextManager[Any]:
    return torch.autocast("cpu", dtype=torch.bfloat16)


@pytest.mark.parametrize("kind", KINDS)
def test_autocast_changes_nothing(kind: type[nn.RNNBase]) -> None:
    module, x = made(kind)
    plain = record_module(module, x)
    with autocast():
        assert same(record_module(module, x), plain)
        assert torch.is_autocast_enabled("cpu")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("precision", ["high", "medium"])
def test_the_precision_of_products_changes_nothing(kind: type[nn.RNNBase], precision: str) -> None:
    module, x = made(kind, 64, 64)
    plain = record_module(module, x)
    try:
        torch.set_float32_matmul_precision(precision)
        assert same(record_module(module, x), plain)
        assert torch.get_float32_matmul_precision() == precision
    finally:
        torch.set_float32_matmul_precision("highest")


def test_a_finer_precision_is_put_back() -> None:
    products = torch.backends.mkldnn.rnn  # type: ignore[attr-defined]
    before, (module, x) = products.fp32_precision, made()
    plain = record_module(module, x)
    try:
        products.fp32_precision = "bf16"
        assert same(record_module(module, x), plain)
        assert products.fp32_precision == "bf16"
        with pytest.raises(TraceError):
            record_module(module, x[..., :2])
        assert products.fp32_precision == "bf16"
    finally:
        products.fp32_precision = before


def test_a_default_device_and_a_default_type_change_nothing() -> None:
    module, x = made(nn.LSTM, 3, 4, num_layers=2, bidirectional=True)
    plain = record_module(module, x, lengths=[9, 4], item=1)
    try:
        torch.set_default_device("meta")
        torch.set_default_dtype(torch.float64)
        found = record_module(module, x, lengths=[9, 4], item=1)
    finally:
        torch.set_default_device(None)
        torch.set_default_dtype(torch.float32)
    assert same(found, plain)


def test_strict_numpy_is_no_obstacle() -> None:
    module, x = made()
    module.weight_ih_l0.data *= 1e4  # gates shut so fully that powers overflow and underflow
    with np.errstate(all="raise"):
        record_module(module, x)


# --- modules that somebody changed ------------------------------------------------------------


class OutputOnly(nn.LSTM):
    def forward(self, x: Tensor, state: Any = None) -> Any:  # type: ignore[override]
        return super().forward(x, state)[0]


class InputOnly(nn.GRU):
    def forward(self, x: Tensor) -> Any:  # type: ignore[override]
        return super().forward(x)


class Last(nn.LSTM):
    def forward(self, x: Tensor, state: Any = None) -> Any:  # type: ignore[override]
        output, state = super().forward(x, state)
        return output[-1:], state


class NoState(nn.GRU):
    def forward(self, x: Tensor, state: Any = None) -> Any:  # type: ignore[override]
        return super().forward(x, state)[0], None


class Residual(nn.RNN):
    def forward(self, x: Tensor, state: Any = None) -> Any:  # type: ignore[override]
        output, state = super().forward(x, state)
        return output + 0.5, state


class Plain(nn.LSTM):
    """Nothing is changed, so nothing stands in the way."""

    def forward(self, x: Tensor, state: Any = None) -> Any:  # type: ignore[override]
        return super().forward(x, state)


@pytest.mark.parametrize(
    "kind, message",
    [
        (
            OutputOnly,
            r"OutputOnly overrides forward, and the module returns a Tensor; .*\(h_n, c_n\)\)",
        ),
        (InputOnly, "InputOnly overrides forward, but record_module calls forward.x, state."),
        (Last, r"Last overrides forward, and .* shape \(1, 2, 4\) where torch's is \(9, 2, 4\)"),
        (NoState, r"NoState overrides forward, and the module returns a state of \['NoneType'\]"),
        (Residual, r"encoder\.0\.hidden computed again.*Note that Residual overrides forward"),
    ],
)
def test_an_overridden_forward_is_named(kind: type[nn.RNNBase], message: str) -> None:
    module, x = made(kind)
    with pytest.raises(TraceError, match=message):
        record_module(module, x)


def test_an_overridden_forward_that_changes_nothing_is_recorded() -> None:
    module, x = made(Plain)
    plain, _ = made(nn.LSTM)
    assert same(record_module(module, x), record_module(plain, x))


@pytest.mark.parametrize(
    "change, message",
    [
        (
            lambda module: module.register_forward_hook(lambda *found: found[2][0]),
            "hook, and .* a Tensor",
        ),
        (
            lambda module: module.register_forward_hook(lambda *found: (found[2][0] * 2, found[2][1])),
            r"differs by .*Note that it has a forward hook",
        ),
        (
            lambda module: module.register_forward_pre_hook(lambda module, given: (given[0] + 1, *given[1:])),
            r"differs by .*Note that it has a forward pre-hook",
        ),
        (
            lambda module: setattr(module, "forward", lambda x, state: nn.GRU.forward(module, x, state)[0]),
            "its forward is replaced, and the module returns a Tensor",
        ),
    ],
)
def test_hooks_are_named(change: Callable[[nn.Module], None], message: str) -> None:
    module, x = made(nn.GRU)
    change(module)
    with pytest.raises(TraceError, match=message):
        record_module(module, x)


def test_a_hook_that_only_looks_is_welcome() -> None:
    module, x = made()
    seen = []
    module.register_forward_hook(lambda *found: seen.append(len(found)))
    plain, _ = made()
    assert same(record_module(module, x), record_module(plain, x))
    assert seen == [3]


# --- what does not fit ------------------------------------------------------------------------


def odd_weight(name: str, change: Callable[[Tensor], Tensor]) -> nn.RNNBase:
    module, _ = made(nn.LSTM, 3, 4, num_layers=2, bidirectional=True)
    setattr(module, name, nn.Parameter(change(getattr(module, name).data)))
    return module


X = torch.zeros(5, 2, 3)
LSTM, GRU = nn.LSTM(3, 4), nn.GRU(3, 4)
H = torch.zeros(1, 2, 4)


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: record_module(odd_weight("bias_hh_l0", Tensor.half), X), "bias_hh_l0 is torch.float16: "),
        (
            lambda: record_module(odd_weight("weight_hh_l1_reverse", Tensor.double), X),
            "weight_hh_l1_reverse is torch.float64 but x is torch.float32; convert the module as a whole",
        ),
        (
            lambda: record_module(odd_weight("weight_ih_l1", lambda weight: weight.to("meta")), X),
            "weight_ih_l1 is on meta, which cannot be recorded; a meta tensor has no numbers",
        ),
        (lambda: record_module(nn.GRU(3, 4, device="meta"), X), "weight_ih_l0 is on meta"),
        (lambda: record_module(GRU, X.to("meta")), "x is on meta"),
        (lambda: record_module(GRU, X, H.to("meta")), "the hidden state is on meta"),
        (lambda: record_module(LSTM, X, (H, H.to("meta"))), "the cell state is on meta"),
        (lambda: record_module(LSTM, X, (H, H.half())), "the cell state is torch.float16 but x is"),
        (lambda: record_module(GRU, X.to_sparse()), r"x is torch.sparse_coo; call .to_dense\(\)"),
        (
            lambda: record_module(GRU, torch.zeros(5, 2, dtype=torch.int64)),
            "if these are token ids",
        ),
        (lambda: record_module(GRU, pack_sequence([torch.zeros(3, dtype=torch.int64)])), "token ids"),
        (lambda: record_module(GRU, X, item=True), "item is True, a bool; it must be a whole number"),
        (lambda: record_module(GRU, X, item=1.0), "item is 1.0, a float; it must be a whole number"),
        (lambda: record_module(GRU, X, item=np.int64(2)), "item is 2; the batch has the rows 0 to 1"),
        (
            lambda: record_module(GRU, X, lengths=[5.0, 1.0]),
            "lengths is .5.0, 1.0., of torch.float32",
        ),
        (lambda: record_module(GRU, X, lengths=[True, True]), "of torch.bool; it must be 2 whole numbers"),
        (
            lambda: record_module(nn.LSTM, X),
            "LSTM is none of them: it is a class; pass a module",
        ),
        (lambda: record_module(torch.compile(LSTM), X), r"a wrapper around LSTM; pass its \._orig_mod"),
        (lambda: record_module(nn.DataParallel(LSTM), X), r"a wrapper around LSTM; pass its \.module"),
        (lambda: record_module(nn.Sequential(nn.ReLU(), LSTM), X), "it holds 1; pass one of them"),
        (lambda: record_module(nn.GRUCell(3, 4), X), "GRUCell is none of them: it computes a single step"),
        (lambda: record_module(Quantized(), X), "it is quantized and computes in integers; pass the float"),
        (lambda: record_module("lstm", X), "str is none of them$"),
    ],
)
@pytest.mark.filterwarnings("ignore:.torch.jit.*deprecated")  # torch.compile's own
def test_what_does_not_fit_is_named(call: Callable[[], Trace], message: str) -> None:
    with pytest.raises(TraceError, match=message):
        call()


Quantized = type("LSTM", (nn.Module,), {"__module__": "torch.ao.nn.quantized.dynamic.modules.rnn"})


def test_whole_numbers_of_any_kind_are_whole_numbers() -> None:
    module, x = made(nn.GRU)
    plain = record_module(module, x, lengths=[9, 4], item=1)
    for item in (np.int64(1), np.uint8(1), torch.tensor(1)):
        for lengths in (torch.tensor([9, 4], dtype=torch.int16), np.array([9, 4], np.uint8), (9, 4)):
            assert same(record_module(module, x, lengths=lengths, item=item), plain)


@pytest.mark.filterwarnings("ignore:dropout option adds dropout")
def test_dropout_after_the_only_layer_is_no_dropout() -> None:
    module, x = made(nn.GRU, 3, 4, dropout=0.5)
    plain, _ = made(nn.GRU)
    assert module.training
    assert same(record_module(module, x), record_module(plain, x))


# --- what is not finite -----------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("value", [torch.inf, -torch.inf, torch.nan])
def test_an_input_that_is_not_finite_is_refused(kind: type[nn.RNNBase], value: float) -> None:
    module, x = made(kind)
    x[3, 1, 2] = value
    with pytest.raises(TraceError, match=r"0\.(layer_input|hidden) holds values that are not finite"):
        record_module(module, x, item=1)
    record_module(module, x, item=0)  # the other sequence of the batch has none


def test_an_infinite_input_is_placed() -> None:
    module, x = made(nn.GRU, 3, 4, bias=False)
    for parameter in module.parameters():
        parameter.data.abs_()
    x.abs_()
    x[3, 0, 2] = torch.inf  # opens the gates fully: every state stays finite
    assert module(x)[0].isfinite().all()
    with pytest.raises(TraceError, match=r"layer_input holds values that are not finite; .* \(step 3\)"):
        record_module(module, x)


@pytest.mark.parametrize("name", ["weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0"])
def test_an_infinite_weight_is_refused(name: str) -> None:
    module, x = made(nn.LSTM)
    getattr(module, name).data[1] = torch.inf
    with pytest.raises(TraceError, match="finite"):
        record_module(module, x)


def test_an_infinite_state_is_refused() -> None:
    module, x = made(nn.LSTM)
    for odd in (0, 1):
        state = [torch.zeros(1, 2, 4), torch.zeros(1, 2, 4)]
        state[odd][0, 0, 1] = torch.inf
        with pytest.raises(TraceError, match="finite"):
            record_module(module, x, tuple(state))


def test_large_numbers_are_finite() -> None:
    """Their squares are not: a look that is too coarse would refuse them."""
    module, x = made(nn.GRU, 3, 4, bias=False)
    record_module(module, x * 1e25)


# --- a module stays what it is ----------------------------------------------------------------


def new_spectral_norm(module: nn.RNNBase) -> nn.RNNBase:
    return parametrizations.spectral_norm(module, "weight_hh_l0")


def old_spectral_norm(module: nn.RNNBase) -> nn.RNNBase:
    return nn.utils.spectral_norm(module, "weight_hh_l0")


@pytest.mark.filterwarnings("ignore:.*spectral_norm.*deprecated")
@pytest.mark.parametrize("norm", [new_spectral_norm, old_spectral_norm])
@pytest.mark.parametrize("training", [True, False])
def test_spectral_norm_keeps_its_estimate(norm: Callable[[nn.RNNBase], nn.RNNBase], training: bool) -> None:
    module, x = made(nn.LSTM)
    module = norm(module).train(training)
    module(x)
    before = {name: value.clone() for name, value in module.state_dict().items()}
    assert len(before) > 4  # buffers among them
    trace = record_module(module, x)
    assert trace.max_difference < 1e-6
    for name, value in module.state_dict().items():
        assert torch.equal(value, before[name]), name
    output, _ = module(x)
    output.sum().backward()  # and can be trained on
    assert all(parameter.grad is not None for parameter in module.parameters())


def test_a_parametrization_is_recorded_as_it_computes() -> None:
    class Halved(nn.Module):
        def forward(self, weight: Tensor) -> Tensor:
            return weight / 2

    module, x = made(nn.GRU)
    plain, _ = made(nn.GRU)
    plain.weight_hh_l0.data /= 2
    parametrize.register_parametrization(module, "weight_hh_l0", Halved())
    assert same(record_module(module, x), record_module(plain, x))


def test_messages_are_whole_sentences_without_machine_words() -> None:
    """No message shows an object's address."""
    for wrong in (object(), nn.Linear(3, 4), lambda: 0):
        with pytest.raises(TraceError) as error:
            record_module(wrong, X)  # type: ignore[arg-type]
        assert not re.search("0x[0-9a-f]+", str(error.value))
