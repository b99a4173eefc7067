"""Columns of a database that can be added and multiplied like arrays: formulas become SQL."""

from __future__ import annotations

from typing import TypeAlias, Union

Operand: TypeAlias = Union["Sql", float, int]


class Sql:
    """An expression."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __str__(self) -> str:
        return self.text

    def __add__(self, other: Operand) -> Sql:
        return Sql(f"({self} + {other})")

    def __radd__(self, other: Operand) -> Sql:
        return Sql(f"({other} + {self})")

    def __sub__(self, other: Operand) -> Sql:
        return Sql(f"({self} - {other})")

    def __rsub__(self, other: Operand) -> Sql:
        return Sql(f"({other} - {self})")

    def __mul__(self, other: Operand) -> Sql:
        return Sql(f"({self} * {other})")

    def __rmul__(self, other: Operand) -> Sql:
        return Sql(f"({other} * {self})")

    def __truediv__(self, other: Operand) -> Sql:
        return Sql(f"({self} / {other})")


class SqlColumns:
    """`rating_features.formulas.Columns` of a database; NULL is missing."""

    def ratio(self, above: Operand, below: Operand) -> Sql:
        return Sql(f"(CASE WHEN {below} > 0 THEN {above} / {below} END)")

    def at_least(self, column: Operand, least: float) -> Sql:
        # `greatest` would take the least for what is missing.
        return Sql(f"(CASE WHEN {column} < {least} THEN {least} ELSE {column} END)")

    def root(self, column: Operand) -> Sql:
        return Sql(f"sqrt({column})")

    def floor(self, column: Operand) -> Sql:
        return Sql(f"floor({column})")

    def equals(self, column: Operand, number: int) -> Sql:
        return Sql(f"(CASE WHEN {column} = {number} THEN 1 ELSE 0 END)::UTINYINT")
