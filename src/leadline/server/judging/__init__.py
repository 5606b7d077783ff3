"""Counting and judging what came in, beside everything else."""
