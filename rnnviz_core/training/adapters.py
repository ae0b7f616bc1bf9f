"""`watch` in other people's training loops: callbacks of skorch and Lightning, and figures for TensorBoard.

None of these packages is imported before its function is called.
"""

import math
from typing import Any

from rnnviz_core.errors import SpecError

from .history_file import History
from .watch import EVERY, Watching

MISSING = "{name} is not installed: pip install {wanted}"


def skorch_callback(path: str, every: int = EVERY) -> Any:
    """A skorch callback that watches a net while it is fitted and writes the file at the end.

    Parameters
    ----------
    path
        The file to write, ending in ``.safetensors``.
    every
        As in `rnnviz_core.watch`.

    Returns
    -------
    skorch.callbacks.Callback
        Its ``watching`` has the figures.

    Raises
    ------
    SpecError
        When skorch is not installed.
    """
    try:
        from skorch.callbacks import Callback
    except ImportError:
        raise SpecError(MISSING.format(name="skorch", wanted='"rnnviz[skorch]"')) from None

    class Watch(Callback):
        """Watches ``net.module_``."""

        watching: Watching | None = None

        def on_train_begin(self, net: Any, **kwargs: Any) -> None:
            self.watching = Watching(net.module_, every)
            self.watching.start()

        def on_batch_end(self, net: Any, training: bool = False, loss: Any = None, **kwargs: Any) -> None:
            if training and loss is not None and self.watching is not None:
                self.watching.loss(loss)

        def on_train_end(self, net: Any, **kwargs: Any) -> None:
            if self.watching is not None:
                self.watching.stop()
                self.watching.save(path)

    return Watch()


def lightning_callback(path: str, every: int = EVERY) -> Any:
    """A Lightning callback that watches a module while it is fitted and writes the file at the end.

    Parameters
    ----------
    path, every
        As in `skorch_callback`.

    Raises
    ------
    SpecError
        When neither ``lightning`` nor ``pytorch_lightning`` is installed.
    """
    try:
        from lightning.pytorch.callbacks import Callback
    except ImportError:
        try:
            from pytorch_lightning.callbacks import Callback  # type: ignore[assignment]
        except ImportError:
            raise SpecError(MISSING.format(name="Lightning", wanted="lightning")) from None

    class Watch(Callback):
        """Watches the module that is fitted."""

        watching: Watching | None = None
        losses: list[Any]  # of batches whose gradients wait for an update
        done = 0  # updates

        def on_fit_start(self, trainer: Any, pl_module: Any) -> None:
            self.watching, self.losses, self.done = Watching(pl_module, every), [], 0
            self.watching.start()

        def on_train_batch_end(
            self, trainer: Any, pl_module: Any, outputs: Any, batch: Any, batch_idx: int
        ) -> None:
            loss = outputs.get("loss") if isinstance(outputs, dict) else outputs
            if self.watching is None:
                return
            if loss is not None:  # Lightning divides it by the batches of an update
                self.losses.append(loss * getattr(trainer, "accumulate_grad_batches", 1))
            if self.watching.updates > self.done:
                self.done = self.watching.updates
                for one in self.losses:
                    self.watching.loss_of(self.done - 1, one)
                self.losses = []

        def teardown(self, trainer: Any, pl_module: Any, stage: str) -> None:
            if stage == "fit":
                self._end()

        def on_exception(self, trainer: Any, pl_module: Any, exception: BaseException) -> None:
            self._end()

        def _end(self) -> None:
            if self.watching is not None:
                self.watching.stop()
                self.watching.save(path)

    return Watch()


def to_tensorboard(history: "History | Watching", writer: Any) -> int:
    """Write the figures of a run for TensorBoard.

    Parameters
    ----------
    history
        The result of `watch`, or a loaded history.
    writer
        Anything with ``add_scalar(tag, value, step)``: ``torch.utils.tensorboard.SummaryWriter``,
        tensorboardX's.

    Returns
    -------
    int
        How many figures were written. Those that are not finite are left out.
    """
    found = history.history() if isinstance(history, Watching) else history
    count = 0

    def add(tag: str, value: float | None, step: int) -> None:
        nonlocal count
        if value is not None and math.isfinite(value):
            writer.add_scalar(tag, value, step)
            count += 1

    for row, step in enumerate(found.steps["step"].tolist()):
        for tag, name in (
            ("loss", "loss"),
            ("gradient/all", "norm"),
            ("gradient/clipped", "clipped"),
            ("rate", "rate"),
        ):
            add(f"rnnviz/{tag}", float(found.steps[name][row]), step)
    more = found.about.get("watch", {})
    for place, step in enumerate(found.moments):
        for kind, names in (("low", found.gates), ("high", found.gates), ("horizon", found.layers)):
            words = {"low": "gates shut", "high": "gates open", "horizon": "memory"}[kind]
            for column, name in enumerate(names):
                add(f"rnnviz/{words}/{name}", float(found.probe_figures[kind][place, column]), step)
        for key, words in (("blocks", "gradient"), ("dead", "dead units")):
            for name, values in more.get(key, {}).items():
                add(f"rnnviz/{words}/{name}", values[place], step)
    return count
