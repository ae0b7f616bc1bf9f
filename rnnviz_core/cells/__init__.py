"""The cells: equations as expressions, evaluated, compiled, printed as LaTeX and as code."""
