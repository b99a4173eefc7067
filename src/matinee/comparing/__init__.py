"""`matinee compare`: models tuned, judged and tested against each other, resumably."""

from matinee.comparing.choosing import models_for, seeds_of
from matinee.comparing.running import run

__all__ = ["models_for", "run", "seeds_of"]
