"""Grouping rows of numbers: k-means and the vectors that people and items are grouped by."""
