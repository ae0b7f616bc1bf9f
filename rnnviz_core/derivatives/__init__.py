"""Backpropagation through time: how an answer depends on every number on the way to it, verified."""

from .run import gradients as gradients
from .run import module_gradients as module_gradients
from .run import of_trace as of_trace
