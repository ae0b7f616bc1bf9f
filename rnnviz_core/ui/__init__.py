"""All Streamlit glue: routes, sidebar, cached loaders, and drawing. Pages use what is named here."""

from .controls.choose import choose_layer as choose_layer
from .controls.choose import choose_side as choose_side
from .shell.page import page as page
from .shell.page import run as run
from .views.sections import draw_sections as draw_sections

__all__ = ["choose_layer", "choose_side", "draw_sections", "page", "run"]
