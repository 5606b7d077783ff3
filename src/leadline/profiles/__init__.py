"""Counting: the grid, and profiles that add up and can be taken back."""
