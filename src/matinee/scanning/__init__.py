"""Choosing k for a data set or a workspace: rows to cluster, their judge, a file to go on in."""
