"""What a network is: its spec, its modules, and its attention."""
