"""Two rating sets joined into one, and the folder that it is written to."""
