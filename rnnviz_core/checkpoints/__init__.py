"""Trained networks on disk: files, cards and listings."""
