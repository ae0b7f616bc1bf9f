"""Trace -> tidy pandas frames, one module per view, one function per chart.

Every frame is made to fit the chart template of the same view in `rnnviz_core.charts`: a test holds
the columns of the one against the encodings of the other.
"""
