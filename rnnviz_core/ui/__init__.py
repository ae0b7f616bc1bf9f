"""All Streamlit glue: routes, sidebar, cached loaders, and drawing. Pages use what is named here."""

from .controls.choose import choose_layer as choose_layer
from .controls.choose import choose_side as choose_side
from .shell.page import page as page
from .shell.page import plain_page as plain_page
from .shell.page import run as run
from .views.sections import draw_sections as draw_sections
from .views.start import again as first_steps_again
from .views.start import steps as first_steps

__all__ = [
    "choose_layer",
    "choose_side",
    "draw_sections",
    "first_steps",
    "first_steps_again",
    "page",
    "plain_page",
    "run",
]
