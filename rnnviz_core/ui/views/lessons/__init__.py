"""The lessons page: a list of lessons, and one of them step by step."""

from .page import draw as draw
