"""The settings under which the app records."""

import subprocess
import sys

SCRIPT = """
import numpy, torch
from threadpoolctl import threadpool_info
from rnnviz_core.tracing import kernels

def threads():
    return [found["num_threads"] for found in threadpool_info() if found["user_api"] == "blas"]

assert threads(), threadpool_info()
kernels.use_exact_settings()
assert set(threads()) == {1}, threadpool_info()
assert torch.get_num_threads() == 1
assert not torch.backends.mkldnn.enabled
"""


def test_products_have_no_threads_of_their_own():
    """Those of numpy's BLAS stay awake for milliseconds after a product: 7 % of a busy server's time."""
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
