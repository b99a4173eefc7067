"""The statements by which a database finds the statistics of ratings; `ratings` hands it the rows.

Tables that are there: ``ratings`` (row, u, i, v, t, test, f its fold, ru and ri the recent values),
``users`` (u, id, first, cluster, p0, p1, ... the profile) and ``items`` (i, id, first, cluster,
year, g0, g1, ... genres).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from matinee.features.sql import Sql, SqlColumns
from matinee.rating_features import formulas

if TYPE_CHECKING:
    import duckdb

EVERYBODY = -1
"""The fold of rows for which no fold of training ratings is left out."""


class Found(NamedTuple):
    """What the statements are made of."""

    mode: str
    split: bool
    """Whether rows are held out."""
    genres: int
    profile: int
    clusters: tuple[int, int]
    names: tuple[str, ...]
    """Of the features."""


def aggregate(database: duckdb.DuckDBPyConnection, found: Found) -> None:
    """Make ``rest_u`` and ``rest_i``: sums over the training ratings of each user (item) but those
    of a fold, and over all under the fold `EVERYBODY`; and what "past" needs besides."""
    database.execute(
        "CREATE VIEW rated AS SELECT * REPLACE (v::DOUBLE AS v) FROM ratings; "
        "CREATE VIEW train AS SELECT row, u, i, f, t, v FROM rated WHERE NOT test"
    )
    for key, damping in (("u", formulas.USER_DAMPING), ("i", formulas.ITEM_DAMPING)):
        database.execute(
            f"CREATE TABLE mean_{key} AS SELECT {key}, avg(v) AS mean, "
            f"count(*) / (count(*) + {damping}) AS weight FROM train GROUP BY {key}"
        )
    _rest(
        database, "u", _added("mean_i", found.genres), "JOIN mean_i USING (i) JOIN items USING (i)"
    )
    _rest(database, "i", _added("mean_u", 0), "JOIN mean_u USING (u)")
    if found.mode != "leave-one-out":
        _keep_traits(database, found)
    if found.mode == "past":
        _past(database, found)


def _added(held: str, genres: int) -> dict[str, str]:
    """What a rating adds to the sums of its group, held against the mean of its other side."""
    apart = f"{held}.weight * (v - {held}.mean)"
    return {
        "n": "1",
        "s": "v",
        "q": "v * v",
        "w": f"{held}.weight",
        "d": apart,
        **{f"w{g}": f"{held}.weight * g{g}" for g in range(genres)},
        **{f"d{g}": f"{apart} * g{g}" for g in range(genres)},
    }


def _rest(database: duckdb.DuckDBPyConnection, key: str, added: dict[str, str], joins: str) -> None:
    parts = ", ".join(f"sum(({how})::DOUBLE) AS {name}" for name, how in added.items())
    whole = ", ".join(f"sum({name}) AS {name}" for name in added)
    rest = ", ".join(f"whole.{name} - part.{name} AS {name}" for name in added)
    database.execute(
        f"CREATE TABLE part AS SELECT {key}, f, {parts} FROM train {joins} GROUP BY {key}, f"
    )
    database.execute(
        f"CREATE TABLE rest_{key} AS WITH whole AS (SELECT {key}, {whole} FROM part "
        f"GROUP BY {key}) SELECT {key}, {EVERYBODY}::TINYINT AS f, * EXCLUDE {key} FROM whole "
        "UNION ALL "
        f"SELECT {key}, f, {rest} FROM part JOIN whole USING ({key}) WHERE f <> {EVERYBODY}"
    )
    if key == "i":
        database.execute(
            "CREATE TABLE rest_all AS WITH whole AS (SELECT sum(n) AS n, sum(s) AS s FROM part) "
            f"SELECT {EVERYBODY}::TINYINT AS f, n, s FROM whole UNION ALL SELECT f, "
            "whole.n - sum(part.n), whole.s - sum(part.s) FROM part, whole "
            f"WHERE f <> {EVERYBODY} GROUP BY f, whole.n, whole.s"
        )
    database.execute("DROP TABLE part")


def _past(database: duckdb.DuckDBPyConnection, found: Found) -> None:
    """Tables ``before_u`` and ``before_i``: sums over earlier ratings, for each training row."""

    def earlier(key: str) -> str:
        part = f"PARTITION BY {key} " * bool(key)
        return f"({part}ORDER BY t, row ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)"

    counted = ", ".join(
        f"count(*) OVER {earlier(key)} AS n{key}, coalesce(sum(v) OVER {earlier(key)}, 0) AS s{key}"
        for key in ("u", "i", "")
    )
    trusted = ", ".join(
        f"n{key} / (n{key} + {damping}) AS w{key}, s{key} / greatest(n{key}, 1) AS m{key}"
        for key, damping in (("u", formulas.USER_DAMPING), ("i", formulas.ITEM_DAMPING))
    )
    database.execute(
        f"CREATE TABLE moment AS WITH counted AS (SELECT row, u, i, t, v, {counted} FROM train) "
        f"SELECT row, u, i, t, v, n AS all_n, s AS all_s, {trusted} FROM counted"
    )
    for key, other, genres in (("u", "i", found.genres), ("i", "u", 0)):
        held = f"(SELECT *, w{other} AS weight, m{other} AS mean FROM moment) AS held"
        before = ", ".join(
            f"coalesce(sum(({how})::DOUBLE) OVER {earlier(key)}, 0) AS {name}"
            for name, how in _added("held", genres).items()
        )
        whole = ", all_n, all_s" if key == "i" else ""
        database.execute(
            f"CREATE TABLE before_{key} AS SELECT row{whole}, {before} FROM {held} "
            "JOIN items USING (i)"
        )


def rows_with_features(found: Found) -> str:
    """The statement that gives every row, in order, with its features."""
    if found.mode != "past":
        return f"SELECT * EXCLUDE row FROM ({_rows(found, 'rest')})"
    parts = [f"({_rows(found, 'before')} WHERE NOT r.test)"]
    if found.split:
        parts.append(f"({_rows(found, 'rest')} WHERE r.test)")
    return f"SELECT * EXCLUDE row FROM ({' UNION ALL '.join(parts)}) ORDER BY row"


def _rows(found: Found, source: str) -> str:
    """Rows with features from ``traits_u`` and ``traits_i`` (of whole folds, or of nothing left
    out), or from ``before_u`` and ``before_i``."""
    own = found.mode == "leave-one-out"
    joins = ["rated AS r JOIN users ON users.u = r.u JOIN items ON items.i = r.i"]
    for key in ("u", "i"):
        table = {"rest": f"traits_{key}", "before": f"before_{key}"}[source]
        table = f"rest_{key}" if own else table
        on = f"x{key}.row = r.row"
        if source == "rest":
            on = f"x{key}.{key} = r.{key} AND x{key}.f = r.f"
        joins.append(f"LEFT JOIN {table} AS x{key} ON {on}")
    mean = Sql("xi.all_s / nullif(xi.all_n, 0)")
    if source == "rest":
        joins.append("JOIN rest_all AS every ON every.f = r.f")
        mean = Sql("every.s / nullif(every.n, 0)")
    if own:
        joins.append("LEFT JOIN mean_u ON mean_u.u = r.u LEFT JOIN mean_i ON mean_i.i = r.i")
        mean = Sql("(every.s - if(r.test, 0, r.v)) / nullif(every.n - if(r.test, 0, 1), 0)")
    if source == "before" or own:
        of_user = _sums("xu", _added("mean_i", found.genres), own)
        user = _traits(of_user, mean, formulas.USER_DAMPING)
        likings = _likings(of_user, user.deviation, found)
        item = _traits(_sums("xi", _added("mean_u", 0), own), mean, formulas.ITEM_DAMPING)
    else:
        user, item = _kept("xu", mean), _kept("xi", mean)
        likings = [Sql(f"coalesce(xu.l{g}, 0)") for g in range(found.genres)]
    rows = formulas.Statistics(
        user=user,
        item=item,
        first=(Sql("users.first"), Sql("items.first")),
        recent=(Sql("r.ru"), Sql("r.ri")),
        likings=likings,
        genres=[Sql(f"items.g{g}") for g in range(found.genres)],
        year=Sql("items.year"),
        now=Sql("r.t"),
        clusters=(Sql("users.cluster"), Sql("items.cluster")),
        profile=[Sql(f"users.p{p}") for p in range(found.profile)],
    )
    made = formulas.features(rows, SqlColumns(), found.clusters)
    features = ", ".join(
        f"{_narrow(column)} AS {_name(name)}"
        for column, name in zip(made, found.names, strict=True)
    )
    part = ", if(r.test, 'test', 'train') AS part" * found.split
    return (
        "SELECT r.row AS row, users.id AS user, items.id AS item, r.v::FLOAT AS rating, "
        f"r.t::BIGINT AS time{part}, {features} FROM {' '.join(joins)}"
    )


def _keep_traits(database: duckdb.DuckDBPyConnection, found: Found) -> None:
    """Tables ``traits_u`` and ``traits_i``: formulas of sums, once a group and fold and not once a
    row."""
    mean = Sql("(every.s / nullif(every.n, 0))")
    for key, damping in (("u", formulas.USER_DAMPING), ("i", formulas.ITEM_DAMPING)):
        genres = found.genres if key == "u" else 0
        of = {name: Sql(f"rest.{name}") for name in _added("", genres)}
        kept = _traits(of, mean, damping)
        columns = {f"t{place}": column for place, column in enumerate(kept)}
        if key == "u":
            liked = _likings(of, kept.deviation, found)
            columns |= {f"l{g}": column for g, column in enumerate(liked)}
        made = ", ".join(f"({how})::FLOAT AS {name}" for name, how in columns.items())
        database.execute(
            f"CREATE TABLE traits_{key} AS SELECT rest.{key}, rest.f, {made} "
            f"FROM rest_{key} AS rest JOIN rest_all AS every USING (f)"
        )


def _kept(table: str, mean: Sql) -> formulas.Traits[Sql]:
    """Traits of a table; those of nobody where a row finds none."""
    nobody = ["0", "NULL", "NULL", str(mean), "0"]
    return formulas.Traits(
        *(Sql(f"coalesce({table}.t{place}, {other})") for place, other in enumerate(nobody))
    )


def _traits(of: dict[str, Sql], mean: Sql, damping: float) -> formulas.Traits[Sql]:
    group = formulas.Group(of["n"], of["s"], of["q"], of["w"], of["d"])
    return formulas.traits(group, mean, damping, SqlColumns())


def _likings(of: dict[str, Sql], deviation: Sql, found: Found) -> list[Sql]:
    places = range(found.genres)
    return formulas.likings([of[f"w{g}"] for g in places], [of[f"d{g}"] for g in places], deviation)


def _sums(found_in: str, added: dict[str, str], own: bool) -> dict[str, Sql]:
    """The sums of a row's group, without what the row itself adds if that is its `own` to take."""
    kept = {name: f"coalesce({found_in}.{name}, 0)" for name in added}
    if own:
        kept = {name: f"({kept[name]} - if(r.test, 0, {how}))" for name, how in added.items()}
    return {name: Sql(text) for name, text in kept.items()}


def _narrow(column: Sql) -> str:
    """As a small number: zeros and ones stay what they are, all else has 32 bits."""
    text = str(column)
    whole = text.endswith("::UTINYINT") or re.fullmatch(r"(items\.g|users\.p)\d+", text)
    return text if whole else f"({text})::FLOAT"


def _name(column: str) -> str:
    quoted = column.replace('"', '""')
    return f'"{quoted}"'
