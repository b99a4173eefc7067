"""Compiled loops over plain arrays, and nothing else.

The caller allocates every output. Each kernel is tested against ``tests/naive.py``.
"""
