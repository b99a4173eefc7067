"""From a file of your own to recommendations with reasons: import, train, recommend, explain."""

import tempfile
from pathlib import Path

import matinee

BOOKS = {
    "b1": ("Dune", 1965, "Science fiction"),
    "b2": ("Solaris", 1961, "Science fiction"),
    "b3": ("Neuromancer", 1984, "Science fiction"),
    "b4": ("Foundation", 1951, "Science fiction"),
    "b5": ("Emma", 1815, "Romance"),
    "b6": ("Persuasion", 1817, "Romance"),
    "b7": ("Middlemarch", 1871, "Romance"),
    "b8": ("Jane Eyre", 1847, "Romance|Gothic"),
}
STARS = {  # for b1 ... b8; a dot where there is no rating
    "ann": "55.4.2..",
    "bob": "4.55..1.",
    "cem": "5545.212",
    "dee": ".4451...",
    "eva": "1..25.54",
    "fay": ".1..5545",
    "gus": "2.1.455.",
    "hal": "..2.54.5",
}
BAD = [
    ",b1,4,2024-05-01",  # no user
    "ann,b3,four,2024-05-01",  # no number
    "bob,b2,11,2024-05-01",  # off the scale
    "cem,b5,3,yesterday",  # no time
    "dee,b1",  # half a row
]


def write_files(folder: Path) -> tuple[Path, Path]:
    """The two files that you would have: ratings, and what is known of the items."""
    ratings = ["who,what,stars,at"]
    for who, row in STARS.items():
        for book, stars in zip(BOOKS, row, strict=True):
            if stars != ".":
                ratings.append(f"{who},{book},{stars},2024-04-{len(ratings) % 28 + 1:02}")
    (folder / "ratings.csv").write_text("\n".join([*ratings, *BAD]) + "\n")
    books = ["id,title,year,genres", *(f"{i},{t},{y},{g}" for i, (t, y, g) in BOOKS.items())]
    (folder / "books.csv").write_text("\n".join(books) + "\n")
    return folder / "ratings.csv", folder / "books.csv"


def main(folder: Path) -> None:
    """Import, train, recommend, explain, and rate."""
    ratings, books = write_files(folder)
    report = matinee.import_ratings(
        ratings,
        user="who",
        item="what",
        rating="stars",
        time="at",
        scale=(1, 5),
        items=books,
        rejects=folder / "bad.csv",
    )
    print(f"{report.rows} rows: {report.kept} kept, {report.n_bad} bad, all in bad.csv")
    for bad in report.first_bad:
        print(" ", bad)

    with matinee.Workspace.open(folder / "workspace", create=True) as workspace:
        workspace.store.add_dataset(report.dataset)
        # Among eight readers, two who agree are a cluster.
        few = {"factors": 2, "damping": 1, "smallest": 2}
        matinee.train(workspace, ["als", "user_clusters"], parameters=few)
        engine = matinee.Engine(workspace)
        print("for ann:")
        for found in engine.recommend("ann", n=1):
            why = found.reasons[0].text
            print(f"  {found.title}, {found.predicted:.1f} expected, because {why}")
        print("why Neuromancer for ann:")
        for reason in engine.explain("ann", engine.resolve("Neuromancer").item_id):
            print(f"  {reason.text}")
        engine.rate("ann", "b3", 5)
        print("ann's newest rating:", engine.ratings("ann")[0].title)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        main(Path(scratch))
