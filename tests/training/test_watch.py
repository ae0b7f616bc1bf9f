"""Watching a training loop: figures against torch's own, nothing changed, and the adapters."""

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence

import rnnviz_core as rnnviz
from rnnviz_core.errors import SpecError
from rnnviz_core.training import adapters
from rnnviz_core.training.history_file import History
from rnnviz_core.training.watch import Watching, watch

PARTS = ("logger", "enable_checkpointing", "enable_progress_bar", "enable_model_summary")  # of Lightning


class Model(nn.Module):
    """An LSTM and a readout of its last step."""

    def __init__(self, *, packed: bool = False) -> None:
        super().__init__()
        torch.manual_seed(1)
        self.lstm, self.output, self.packed = nn.LSTM(3, 6, batch_first=True), nn.Linear(6, 1), packed

    def forward(self, x: Tensor) -> Tensor:
        if self.packed:
            ended = self.lstm(pack_padded_sequence(x, [9, 5], batch_first=True))[1][0][-1]
        else:
            ended = self.lstm(x)[0][:, -1]
        found: Tensor = self.output(ended)
        return found


X = torch.randn(2, 9, 3, generator=torch.Generator().manual_seed(4))


def fit(model: nn.Module, watched: Watching | None, updates: int, clip: float | None = None) -> list[float]:
    """A loop as people write it."""
    optimizer, losses = torch.optim.SGD(model.parameters(), lr=0.1), []
    for _ in range(updates):
        loss = ((model(X) - 1) ** 2).mean()
        if watched is not None:
            watched.loss(loss)
        optimizer.zero_grad()
        loss.backward()
        if clip is not None:
            nn.utils.clip_grad_norm_(model.parameters(), clip)
        optimizer.step()
        losses.append(loss.item())
    return losses


def test_figures_are_those_of_the_gradient(tmp_path: Path) -> None:
    model, twin = Model(), Model()
    with watch(model, every=3) as history:
        losses = fit(model, history, 7, clip=0.05)
    assert losses == fit(twin, None, 7, clip=0.05), "watching changes nothing"
    assert all(
        torch.equal(one, other) for one, other in zip(model.parameters(), twin.parameters(), strict=True)
    )
    found = History.load(history.save(tmp_path / "run.safetensors"))
    assert found.moments == (0, 3, 6)
    assert found.steps["step"].tolist() == [1, 4, 7]
    assert found.steps["steps"].tolist() == [1, 3, 3]
    assert found.steps["loss"] == pytest.approx(
        [losses[0], np.mean(losses[1:4]), np.mean(losses[4:])], rel=1e-5
    )
    assert found.steps["rate"] == pytest.approx(0.1)
    assert found.steps["clipped"] == pytest.approx(0.05, rel=1e-3)
    assert (found.steps["norm"] > 0.05).all()
    assert found.steps["cut"].tolist() == [1, 1, 1]

    model = Model()  # once more, by hand
    x = X.clone().requires_grad_()
    ((model(x) - 1) ** 2).mean().backward()
    assert x.grad is not None
    norm = float(
        torch.stack([weight.grad.norm() for weight in model.parameters() if weight.grad is not None]).norm()
    )
    assert found.steps["norm"][0] == pytest.approx(norm, rel=1e-5)
    about = found.about["watch"]
    back = x.grad.norm(dim=-1).mean(0).flip(0).tolist()
    assert about["distances"]["lstm"][0] == pytest.approx(back, rel=1e-3)
    clip = 0.05 / norm
    forget = model.lstm.weight_hh_l0.grad[6:12]
    assert about["blocks"]["lstm.weight_hh_l0.forget"][0] == pytest.approx(
        forget.norm().item() * clip, rel=1e-3
    )
    trace = rnnviz.record_module(Model().lstm, X, item=None)
    values = np.concatenate([row["encoder.0.forget"] for row in trace])
    column = found.gates.index("lstm.encoder.0.forget")
    assert found.probe_figures["low"][0, column] == pytest.approx((values < 0.1).mean())
    assert about["dead"]["lstm.encoder.0"][0] == 0


def test_packed_sequences_are_told_apart_from_their_own_ends() -> None:
    model = Model(packed=True)
    with watch(model) as history:
        fit(model, history, 1)
    distances = history.history().about["watch"]["distances"]["lstm"][0]
    assert len(distances) == 9
    x = X.clone().requires_grad_()
    model = Model(packed=True)
    ((model(x) - 1) ** 2).mean().backward()
    assert x.grad is not None
    lengths = x.grad.norm(dim=-1)
    assert distances[0] == pytest.approx(float((lengths[0, 8] + lengths[1, 4]) / 2), rel=1e-3)
    assert distances[8] == pytest.approx(float(lengths[0, 0]), rel=1e-3)


def test_of_a_long_run_a_bounded_number_of_moments_is_kept() -> None:
    model = Model()
    with watch(model, every=1) as history:
        fit(model, history, 150)
    found = history.history()
    assert found.moments == tuple(range(0, 150, 4))
    assert found.steps["steps"].sum() == 150
    assert not model._forward_pre_hooks
    assert not model.lstm._forward_pre_hooks


def test_arguments() -> None:
    with pytest.raises(SpecError, match="list is none"), watch([]):  # type: ignore[arg-type]
        pass
    with pytest.raises(SpecError, match="every is 0"), watch(Model(), every=0):
        pass
    with pytest.raises(SpecError, match="a history ends in"):
        Watching(Model()).save("run.json")


def test_figures_in_tensorboard(tmp_path: Path) -> None:
    """TensorBoard itself writes them, and reads them back."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    from torch.utils.tensorboard import SummaryWriter

    model = Model()
    with watch(model, every=2) as history:
        losses = fit(model, history, 3)
    with SummaryWriter(str(tmp_path)) as writer:
        count = adapters.to_tensorboard(history, writer)
    written = EventAccumulator(str(tmp_path), size_guidance={"scalars": 0})
    written.Reload()
    rows = {tag: written.Scalars(tag) for tag in written.Tags()["scalars"]}
    assert count == sum(map(len, rows.values()))
    first, second = rows["rnnviz/loss"]
    assert (first.step, first.value) == (1, pytest.approx(losses[0], rel=1e-5))
    assert (second.step, second.value) == (3, pytest.approx((losses[1] + losses[2]) / 2, rel=1e-5))
    assert {"rnnviz/gradient/lstm.weight_ih_l0.forget", "rnnviz/dead units/lstm.encoder.0"} <= set(rows)


def test_skorch(tmp_path: Path) -> None:
    import skorch

    path = tmp_path / "skorch.safetensors"
    callback = rnnviz.skorch_callback(str(path), every=2)
    net = skorch.NeuralNetRegressor(
        Model, max_epochs=3, lr=0.1, train_split=None, verbose=0, callbacks=[callback]
    )
    net.fit(X.numpy(), np.ones((2, 1), dtype=np.float32))
    found = History.load(path)
    assert found.moments == (0, 2)
    told = [row["batches"][0]["train_loss"] for row in net.history]
    assert found.steps["loss"] == pytest.approx([told[0], (told[1] + told[2]) / 2], rel=1e-6)


# Lightning's own: it uses a name of torch that is going, and recommends workers for loading data.
@pytest.mark.filterwarnings("ignore:.*LeafSpec:FutureWarning", "ignore:.*does not have many workers")
def test_lightning(tmp_path: Path) -> None:
    """Lightning itself: by default, with clipping, with gradients that accumulate, and optimized by hand.

    It divides a loss by the batches of an update, and runs both passes inside of the optimizer's step.
    """
    import lightning.pytorch as lightning

    class Fitted(lightning.LightningModule):
        def __init__(self, by_hand: bool) -> None:
            super().__init__()
            torch.manual_seed(0)
            self.lstm, self.output = nn.LSTM(2, 4, batch_first=True), nn.Linear(4, 1)
            self.automatic_optimization = not by_hand
            self.told: list[float] = []

        def training_step(self, batch: list[Tensor]) -> Tensor | None:
            loss = ((self.output(self.lstm(batch[0])[0][:, -1]) - 1) ** 2).mean()
            self.told.append(float(loss.detach()))
            if self.automatic_optimization:
                return loss
            optimizer: Any = self.optimizers()
            optimizer.zero_grad()
            self.manual_backward(loss)
            optimizer.step()
            return None

        def configure_optimizers(self) -> torch.optim.Optimizer:
            return torch.optim.SGD(self.parameters(), lr=0.1)

    rows = torch.randn(8, 9, 2, generator=torch.Generator().manual_seed(1))
    loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(rows), batch_size=2)

    def fitted(*callbacks: Any, by_hand: bool = False, **settings: Any) -> Fitted:
        model = Fitted(by_hand)
        more = {"max_epochs": 1, "accelerator": "cpu", **dict.fromkeys(PARTS, False), **settings}
        trainer = lightning.Trainer(callbacks=list(callbacks), **more)
        trainer.fit(model, loader)
        return model

    class Fails(lightning.Callback):
        def on_train_batch_start(self, trainer: Any, module: Any, batch: Any, batch_idx: int) -> None:
            assert 1 / (3 - batch_idx)

    cases: tuple[dict[str, Any], ...] = (
        {},
        {"gradient_clip_val": 0.1},
        {"accumulate_grad_batches": 2},
        {"by_hand": True},
    )
    for case in cases:
        path = tmp_path / "lightning.safetensors"
        model = fitted(rnnviz.lightning_callback(str(path), every=2), **case)
        found, told = History.load(path), np.array(model.told)
        each = case.get("accumulate_grad_batches", 1)
        losses = told.reshape(-1, each).mean(1)
        updates = range(0, len(losses), 2)
        assert found.moments == tuple(updates), case
        if not case.get("by_hand"):
            expected = [losses[max(0, one - 1) : one + 1].mean() for one in updates]
            np.testing.assert_allclose(found.steps["loss"], expected, rtol=1e-5)
        if "gradient_clip_val" in case:
            np.testing.assert_allclose(found.steps["clipped"], 0.1, rtol=1e-4)
            assert (found.steps["norm"] > 0.11).all()
        for weight, other in zip(model.parameters(), fitted(**case).parameters(), strict=True):
            assert torch.equal(weight, other), case
        assert not model.lstm._forward_pre_hooks
    hooks = sys.modules["torch.optim.optimizer"]._global_optimizer_post_hooks
    before = dict(hooks)
    path.unlink()
    with pytest.raises(ZeroDivisionError):
        fitted(rnnviz.lightning_callback(str(path), every=2), Fails())
    assert len(History.load(path).moments) == 2  # what there was until then
    assert dict(hooks) == before


def test_what_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("skorch.callbacks", "lightning.pytorch.callbacks", "pytorch_lightning.callbacks"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(SpecError, match=r"pip install \"rnnviz\[skorch\]\""):
        rnnviz.skorch_callback("a.safetensors")
    with pytest.raises(SpecError, match="Lightning is not installed: pip install lightning"):
        rnnviz.lightning_callback("a.safetensors")
