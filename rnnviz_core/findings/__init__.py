"""Findings: plain sentences about one trace, each with its numbers and the place that shows it.

One module per kind of claim; `collect` ranks them. ``docs/findings.md`` lists the kinds
with their thresholds.
"""

from .collect import findings as findings
from .collect import of_section as of_section
from .collect import within as within
from .compare import compare as compare
from .record import Finding as Finding
from .record import Where as Where
from .reliability import reliability as reliability
