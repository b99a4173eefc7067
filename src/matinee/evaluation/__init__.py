"""Figures that can be believed: metrics, and the comparison of models on one split."""
