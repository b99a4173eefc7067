"""Model cards: what one must know of a trained model before relying on it."""
