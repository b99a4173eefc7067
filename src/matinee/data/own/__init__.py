"""Ratings of one's own, from files, databases and DataFrames; each bad row told."""
