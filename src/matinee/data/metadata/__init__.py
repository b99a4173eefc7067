"""What movies are about, and when and in what language they came out: The Movies Dataset.

The set (Rounak Banik, Kaggle) describes 45,000 movies of TMDB by their TMDB ids, which are not
MovieLens's: movie 110 there is another than movie 110 here. See `joining` for how they meet.
"""

from matinee.data.metadata.joining import Joined
from matinee.data.metadata.reading import Metadata, read

__all__ = ["Joined", "Metadata", "read"]
