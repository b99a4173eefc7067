"""What is said of regressors that were judged: records that reports and commands share."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from matinee.regression.fitting import DEFAULTS, Settings

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class Judged:
    """One regressor, fitted with one setting and judged on ratings that it has not seen.

    Attributes
    ----------
    settings
        Resolved: no 0 that the kind would replace.
    rmse, mae, r2
        Predictions are clipped to the scale of the training ratings.
    fit_seconds, predict_seconds
        Without the making of features; of all judged ratings.
    """

    kind: str
    settings: Settings
    rmse: float
    mae: float
    r2: float
    fit_seconds: float
    predict_seconds: float

    @property
    def stated(self) -> dict[str, Any]:
        """The settings that the kind has."""
        of_kind = vars(DEFAULTS[self.kind])
        return {name: value for name, value in vars(self.settings).items() if of_kind[name]}

    @property
    def label(self) -> str:
        """The settings in one line."""
        named = (
            f"{name.replace('_', ' ')} {value:.3g}"
            if isinstance(value, float)
            else f"{name} {value}"
            for name, value in self.stated.items()
        )
        return ", ".join(named)


@dataclass(frozen=True, eq=False)
class Comparison:
    """Regressors side by side on one split.

    Attributes
    ----------
    protocol
        How ratings were held out.
    train, test
        Ratings on each side.
    columns
        Names of the features.
    feature_seconds
        What making the features took, for all.
    judged
        On test ratings, each kind once, the lowest RMSE first.
    tried
        On validation ratings, held out of training, in the order in which they were tried.
    """

    protocol: str
    train: int
    test: int
    columns: tuple[str, ...]
    feature_seconds: float
    judged: tuple[Judged, ...]
    tried: tuple[Judged, ...] = ()

    @property
    def best(self) -> Judged:
        """The lowest RMSE on test ratings."""
        return self.judged[0]

    def to_arrow(self) -> pa.Table:
        """A row for each of `judged`."""
        return as_table(self.judged)

    def as_dict(self) -> dict[str, Any]:
        return {**asdict(self), "columns": list(self.columns)}


def as_table(rows: tuple[Judged, ...]) -> pa.Table:
    """An Arrow table: kind, rmse, mae, r2, seconds, and the settings in words."""
    import pyarrow as pa

    plain = ("kind", "rmse", "mae", "r2", "fit_seconds", "predict_seconds", "label")
    names = (*plain[:-1], "settings")
    return pa.table(
        {n: [getattr(row, field) for row in rows] for n, field in zip(names, plain, strict=True)}
    )
