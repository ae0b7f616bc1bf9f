"""What a server process keeps and shares: models, traces, turns."""
