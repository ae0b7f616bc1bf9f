"""Widgets, and how a chart reaches the browser."""
