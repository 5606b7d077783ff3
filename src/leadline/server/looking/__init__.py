"""What people look up: slices to compare and explore, and first baselines."""
