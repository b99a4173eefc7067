"""MovieLens sets by name: which there are, where they come from, how each is laid out."""
