"""Every MovieLens set that GroupLens publishes, by name."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from matinee.errors import UnknownDataset

_COMMON = "Research use; cite Harper & Konstan (2015), doi:10.1145/2827872; not for commercial use"
_KEEP = f"{_COMMON}; may not be passed on."
_PASS_ON = f"{_COMMON}; may be passed on under the same terms."


@dataclass(frozen=True)
class MovieLensSet:
    """One published set.

    Attributes
    ----------
    name, title
        The name that commands take, and what it stands for.
    zip_name, folder
        The published file, and the folder inside it.
    zip_bytes
        Size of the published file.
    md5
        Published by GroupLens; None for sets that change over time.
    users, items, ratings
        People who rated, movies in the set's own table (some have no rating), and ratings.
        For a development set: as of the version known here.
    tags, links
        Rows of each table, 0 where the set has none.
    genome_scores
        Rows of the tag genome, 0 where the set has none.
    has_people
        Age, gender and occupation of each user come with it.
    terms
        Of use, in one line; the README inside the zip says it in full.
    development
        Changes over time: fit for trying things out, unfit for results to be shared.
    """

    name: str
    title: str
    zip_name: str
    folder: str
    zip_bytes: int
    md5: str | None
    users: int
    items: int
    ratings: int
    tags: int = 0
    links: int = 0
    genome_scores: int = 0
    has_people: bool = False
    terms: str = _KEEP
    development: bool = False

    @property
    def has_tags(self) -> bool:
        return self.tags > 0

    @property
    def has_links(self) -> bool:
        return self.links > 0

    @property
    def has_genome(self) -> bool:
        return self.genome_scores > 0

    def as_dict(self) -> dict[str, object]:
        """All of the above, for ``--json``."""
        return asdict(self) | {
            "has_tags": self.has_tags,
            "has_links": self.has_links,
            "has_genome": self.has_genome,
        }


_ALL = (
    MovieLensSet(
        "ml-100k",
        "MovieLens 100K (1998)",
        "ml-100k.zip",
        "ml-100k",
        4_924_029,
        "0e33842e24a9c977be4e0107933c0723",
        943,
        1_682,
        100_000,
        has_people=True,
    ),
    MovieLensSet(
        "ml-1m",
        "MovieLens 1M (2003)",
        "ml-1m.zip",
        "ml-1m",
        5_917_549,
        "c4d9eecfca2ab87c1945afe126590906",
        6_040,
        3_883,
        1_000_209,
        has_people=True,
    ),
    MovieLensSet(
        "ml-10m",
        "MovieLens 10M (2009)",
        "ml-10m.zip",
        "ml-10M100K",
        65_566_137,
        "ce571fd55effeba0271552578f2648bd",
        69_878,
        10_681,
        10_000_054,
        tags=95_580,
    ),
    MovieLensSet(
        "ml-20m",
        "MovieLens 20M (2015)",
        "ml-20m.zip",
        "ml-20m",
        198_702_078,
        "cd245b17a1ae2cc31bb14903e1204af3",
        138_493,
        27_278,
        20_000_263,
        tags=465_564,
        links=27_278,
        genome_scores=11_709_768,
    ),
    MovieLensSet(
        "ml-25m",
        "MovieLens 25M (2019)",
        "ml-25m.zip",
        "ml-25m",
        261_978_986,
        "6b51fb2759a8657d3bfcbfc42b592ada",
        162_541,
        62_423,
        25_000_095,
        tags=1_093_360,
        links=62_423,
        genome_scores=15_584_448,
        terms=_PASS_ON,
    ),
    MovieLensSet(
        "ml-32m",
        "MovieLens 32M (2023)",
        "ml-32m.zip",
        "ml-32m",
        238_950_008,
        "d472be332d4daa821edc399621853b57",
        200_948,
        87_585,
        32_000_204,
        tags=2_000_072,
        links=87_585,
        terms=_PASS_ON,
    ),
    MovieLensSet(
        "ml-latest",
        "MovieLens latest, full (July 2023)",
        "ml-latest.zip",
        "ml-latest",
        350_896_731,
        None,
        330_975,
        86_537,
        33_832_162,
        tags=2_328_315,
        links=86_537,
        genome_scores=18_472_128,
        terms=_PASS_ON,
        development=True,
    ),
    MovieLensSet(
        "ml-latest-small",
        "MovieLens latest, small (September 2018)",
        "ml-latest-small.zip",
        "ml-latest-small",
        978_202,
        None,
        610,
        9_742,
        100_836,
        tags=3_683,
        links=9_742,
        terms=_PASS_ON,
        development=True,
    ),
)

SETS: dict[str, MovieLensSet] = {known.name: known for known in _ALL}


def find(name: str) -> MovieLensSet:
    """The set called `name`; raises `UnknownDataset`, which lists the names there are."""
    if name not in SETS:
        raise UnknownDataset(
            f"A data set must be one of {', '.join(SETS)} (or the path of a file or folder), "
            f"got {name!r}."
        )
    return SETS[name]
