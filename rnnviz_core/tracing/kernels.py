"""The settings of torch and numpy under which the app and `trace` record: both show the same digits."""

import contextlib

import torch


def use_exact_settings() -> None:
    """One thread, and torch's own kernels: for the whole process.

    Threads would only get into each other's way where many people are served. oneDNN keeps a program for
    every length of text that an LSTM has read, 0.2 MB each; torch's own LSTM takes as long. The results
    differ in the last digits (up to 5e-7 in a state).

    numpy's BLAS starts a thread per processor, and after every larger product they look for more work for
    some milliseconds, awake.
    """
    torch.set_num_threads(1)
    torch.backends.mkldnn.set_flags(_enabled=False)
    with contextlib.suppress(ImportError):  # scikit-learn brings it
        from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

        threadpool_limits(1, user_api="blas")
