"""Leadline: says when a machine-learning model stops being right, why, and how much it hurts."""

__version__ = "0.1.0"
