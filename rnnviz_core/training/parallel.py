"""Training on several processes or machines with torch's own engine: ``torchrun ... -m rnnviz_core train``.

Every process holds the whole model and a shard of the training texts; gradients are averaged after every
step (`DistributedDataParallel`), so all processes keep identical weights. Only the first one writes.
Without ``torchrun`` there is one process, and nothing here does anything.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
import torch.distributed
from torch import nn
from torch.nn.parallel import DistributedDataParallel

from rnnviz_core.inputs.corpora import Columns, shard


@dataclass(frozen=True, slots=True)
class Group:
    """The processes that train together."""

    rank: int = 0
    size: int = 1

    @property
    def first(self) -> bool:
        """Whether this process is the one that writes."""
        return self.rank == 0

    def wrap(self, model: nn.Module) -> nn.Module:
        """The model to call in training: its gradients are averaged over the group."""
        if self.size == 1:
            return model
        return DistributedDataParallel(model)

    def shard(self, examples: Columns) -> Columns:
        """This process's part of the training examples."""
        return examples if self.size == 1 else shard(examples, self.rank, self.size)

    def smallest(self, number: int) -> int:
        """The smallest of all processes' numbers: nobody may take a step that another does not."""
        if self.size == 1:
            return number
        where = "cuda" if torch.distributed.get_backend() == "nccl" else "cpu"
        shared = torch.tensor(number, device=where)
        torch.distributed.all_reduce(shared, torch.distributed.ReduceOp.MIN)
        return int(shared)

    def wait(self) -> None:
        """Go on when every process has come here."""
        if self.size > 1:
            torch.distributed.barrier()


ALONE = Group()


@contextmanager
def group(device: str = "cpu") -> Iterator[Group]:
    """The group that ``torchrun`` describes in the environment; one process without it.

    On graphics processors every process takes its own and they talk over NCCL, otherwise over Gloo.
    """
    size = int(os.environ.get("WORLD_SIZE", "1"))
    if size == 1:
        yield ALONE
        return
    if device == "cuda":
        torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", "0")))
    torch.distributed.init_process_group("nccl" if device == "cuda" else "gloo")
    try:
        yield Group(torch.distributed.get_rank(), size)
    finally:
        torch.distributed.destroy_process_group()
