"""What somebody brought along, as a network of this project: an imported one, or a trace alone."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from rnnviz_core.cells import equations as cells
from rnnviz_core.errors import CheckpointError
from rnnviz_core.importing.layers import Layer
from rnnviz_core.importing.network import Imported
from rnnviz_core.importing.sheet import Series
from rnnviz_core.inputs.tokenizer import WORD_START
from rnnviz_core.languages import N_
from rnnviz_core.models.network import Readout, Table
from rnnviz_core.models.own_cells import CellLayers
from rnnviz_core.models.own_spec import OwnSpec
from rnnviz_core.models.stacks import States
from rnnviz_core.tracing.trace import Trace

from .runs import Run

Input = Series | str
NO_WEIGHTS = N_("A trace holds what a network computed, not its weights: this needs the network itself.")


def piece(words: Sequence[str], number: int) -> str:
    """The name of an id: its word, else the id; each begins a word, as pieces of a tokenizer do."""
    return WORD_START + (words[number] if 0 <= number < len(words) and words[number] else str(number))


class Layers(nn.Module):
    """Recurrent layers of one cell, each a module of its own, as one stack."""

    batch_first, mode = False, ""

    def __init__(self, modules: Sequence[CellLayers]) -> None:
        super().__init__()
        self.each = tuple(modules)  # no submodules: nobody copies or moves them
        self.num_layers, self.bidirectional = len(modules), modules[0].bidirectional

    @property
    def layers(self) -> int:
        """How many there are."""
        return len(self.each)

    @property
    def directions(self) -> int:
        """2 where each layer reads from the left and from the right."""
        return self.each[0].directions

    @property
    def widths(self) -> dict[str, int]:
        """Those of the first layer."""
        return self.each[0].widths

    @property
    def own_oracle(self) -> bool:
        """As of each of them."""
        return self.each[0].own_oracle

    def definition(self, layer: int = 0) -> cells.Definition:
        """The equations of a layer's cell."""
        return self.each[layer].definition()

    def weights(self, layer: int, reverse: bool = False) -> dict[str, Tensor]:
        """Those of one layer and direction."""
        return self.each[layer].weights(0, reverse)

    def run(self, layer: int, x: Tensor, initial: Sequence[States]) -> list[dict[str, np.ndarray]]:
        """One layer alone."""
        return self.each[layer].run(0, x, initial)

    def every_state(
        self, layer: int, x: Tensor, hidden: np.ndarray, initial: States, *, reverse: bool = False
    ) -> dict[str, np.ndarray]:
        """All states of one direction."""
        return self.each[layer].every_state(0, x, hidden, initial, reverse=reverse)


class Own(nn.Module):
    """What an opened network and an opened trace have in common."""

    def __init__(self, spec: OwnSpec) -> None:
        super().__init__()
        self.spec, self.name = spec, spec.model_id
        self.eval()

    def __deepcopy__(self, memo: dict[int, object]) -> "Own":
        """It never changes."""
        return self

    @property
    def whole(self) -> Trace | None:
        """The whole run that was recorded last, if it is kept, or the whole trace."""
        return None

    @property
    def tokenizers(self) -> dict[str, Any]:
        """None: its vocabulary is a list of words, or there is none."""
        return {}

    def stacks(self) -> Mapping[str, Any]:
        """None where its weights are not known."""
        return {}

    def table(self, part: str) -> Table | None:
        """None where it reads no pieces, or its table is not known."""
        return None

    def output_layer(self) -> Readout:
        """Nothing of the kind is known of it."""
        raise CheckpointError(NO_WEIGHTS)


class OpenedTrace(Own):
    """A trace without its network."""

    def __init__(self, spec: OwnSpec, trace: Trace) -> None:
        super().__init__(spec)
        self.trace, self.nbytes = trace, trace.nbytes

    @property
    def whole(self) -> Trace | None:
        """All of it."""
        return self.trace


class OpenedNetwork(Own):
    """An imported network, and one of the parts into which its recurrent layers fall.

    Parameters
    ----------
    spec
        What is known of that part.
    imported
        All of it.
    part
        The name of the trace that its recording gives this part.
    modules
        Its recurrent layers, from the lowest up.
    inputs
        What was brought along for it to read, by name: columns of a table, or a text.
    """

    def __init__(
        self,
        spec: OwnSpec,
        imported: Imported,
        part: str,
        modules: Sequence[CellLayers],
        inputs: Mapping[str, Input],
    ) -> None:
        super().__init__(spec)
        self.imported, self.part, self.inputs = imported, part, dict(inputs)
        self.lengths: dict[str, int] = {}  # steps of each of them, once they were counted
        self.run = Run()
        self.encoder = Layers(modules) if modules else None

    @property
    def whole(self) -> Trace | None:
        """The run over all steps that was recorded last; None once it was let go."""
        return self.run.trace

    def state_dict(self, *args: Any, **kwargs: Any) -> Any:
        """All its weights by name; those of its file, no copies."""
        del args, kwargs
        return {
            f"{number}.{name}": torch.from_numpy(np.asarray(array))
            for number, layer in enumerate(self.imported.layers)
            for name, array in layer.weights.items()
        }

    def stacks(self) -> Mapping[str, Any]:
        """The recurrent layers of this part."""
        return {} if self.encoder is None else {"encoder": self.encoder}

    @property
    def nbytes(self) -> int:
        """What it takes in memory: its weights, and what was brought along to read."""
        weights = sum(array.nbytes for layer in self.imported.layers for array in layer.weights.values())
        return weights + sum(
            len(one) if isinstance(one, str) else one.values.nbytes + 60 * len(one.labels)
            for one in self.inputs.values()
        )

    def direct(self) -> Layer | None:
        """The embedding, where the first recurrent layer of this part reads it as it is."""
        layers = self.imported.layers
        places = [n for n, layer in enumerate(layers) if layer.name == self.part.partition("+")[0]]
        read = self.imported.before(places[0]) if places else ()
        while len(read) == 1 and read[0].kind == "same":
            read = self.imported.before(layers.index(read[0]))
        return read[0] if len(read) == 1 and read[0].kind == "embedding" else None

    def table(self, part: str) -> Table | None:
        """The embedding; a row is named by its word, or by its id."""
        layer = self.direct()
        if part != "encoder" or layer is None:
            return None
        weight = np.asarray(layer.weights["table"], np.float32)
        words = self.imported.vocabulary
        return Table(weight, tuple(piece(words, number) for number in range(len(weight))))

    def output_layer(self) -> Readout:
        """The last linear layer.

        Raises
        ------
        CheckpointError
            When the network ends otherwise.
        """
        last = next((one for one in reversed(self.imported.layers) if one.kind == "dense"), None)
        if last is None:
            raise CheckpointError(f"{self.name} does not end in a linear layer")
        weight = np.asarray(last.weights["weight"], np.float32)
        return Readout(weight, np.asarray(last.weights.get("bias", np.zeros(len(weight))), np.float32))
