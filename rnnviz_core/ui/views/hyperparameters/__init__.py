"""What a search over settings found: a study that comes with RNNViz, drawn from its report."""
