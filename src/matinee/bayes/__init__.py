"""Gibbs sampling: what `bayes_fm` draws in turn, and what it believes of people by each draw."""
