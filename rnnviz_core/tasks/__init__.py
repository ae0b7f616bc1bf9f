"""What a network is for: one file per task."""
