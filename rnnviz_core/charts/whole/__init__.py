"""A layer seen whole, as SVG: see `drawing`."""
