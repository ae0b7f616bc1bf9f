"""The class page: opened by a teacher, entered with a code, shown on a projector."""

from .page import draw as draw
