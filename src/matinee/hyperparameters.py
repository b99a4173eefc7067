"""Hyperparameters: stated once as typed fields with meaning and bounds, checked, then frozen."""

from __future__ import annotations

import dataclasses
import inspect
import math
from typing import Any, ClassVar, Literal, NamedTuple, final

from matinee.errors import InvalidParameter, some


class Space(NamedTuple):
    """Values of a hyperparameter that tuning may try."""

    kind: Literal["int", "float", "choice"]
    low: float = 0.0
    high: float = 0.0
    """Both ends of a number, themselves included."""
    log: bool = False
    """Whether to search by factors: a number > 0 whose ends are 20 times apart or more."""
    choices: tuple[Any, ...] = ()


@dataclasses.dataclass(frozen=True)
class Parameter:
    """A hyperparameter: its default, what it means, and the bounds that it must respect."""

    default: float | int | str | bool
    meaning: str
    low: float = -math.inf
    high: float = math.inf
    open_low: bool = False
    search: tuple[Any, ...] = ()
    """What tuning may try: (low, high) of a number, or choices, which are all that a text may be;
    nothing if empty."""

    @property
    def space(self) -> Space | None:
        """What tuning may try; None where it is left at its default."""
        if not self.search:
            return None
        kind = type(self.default)
        if kind is int or kind is float:
            low, high = self.search
            log = low > 0 and high / low >= 20
            return Space("int" if kind is int else "float", low, high, log)
        return Space("choice", choices=self.search)

    def checked(self, model: str, name: str, value: Any) -> Any:
        """`value` in the type of the default; InvalidParameter when it is out of bounds."""
        wanted = type(self.default)
        if wanted is float and isinstance(value, int) and not isinstance(value, bool):
            value = float(value)
        if not isinstance(value, wanted) or (wanted is int and isinstance(value, bool)):
            raise InvalidParameter(
                f"`{name}` of {model} must be of type {wanted.__name__}, got {value!r}."
            )
        if isinstance(value, int | float) and not (
            math.isfinite(value)
            and self.low <= value <= self.high
            and not (self.open_low and value == self.low)
        ):
            raise InvalidParameter(f"`{name}` of {model} must be {self.bounds}, got {value:g}.")
        if isinstance(value, str) and self.search and value not in self.search:
            raise InvalidParameter(f"`{name}` of {model} must be {self.bounds}, got {value!r}.")
        return value

    @property
    def bounds(self) -> str:
        """The bounds in words, such as "> 0" or ">= 1 and <= 4096", or the choices of a text."""
        if isinstance(self.default, str):
            return " or ".join(self.search) or "text"
        limits = []
        if self.low > -math.inf:
            limits.append(f"{'>' if self.open_low else '>='} {self.low:.10g}")
        if self.high < math.inf:
            limits.append(f"<= {self.high:.10g}")
        return " and ".join(limits) or "finite"


def parameter(
    default: float | int | str | bool,
    meaning: str,
    *,
    low: float = -math.inf,
    high: float = math.inf,
    open_low: bool = False,
    search: tuple[Any, ...] = (),
) -> Any:
    """Declare a hyperparameter: ``factors: int = parameter(32, "numbers an item", low=1)``.

    `search` is what tuning may try: (low, high) of a number, or the choices of a text or a flag.
    """
    return Parameter(default, meaning, low, high, open_low, search)


class Hyperparameters:
    """Base of classes that are made from hyperparameters and learn attributes that end in ``_``."""

    name: ClassVar[str]
    """What messages call it: the name of the class's file."""
    hyperparameters: ClassVar[dict[str, Parameter]]
    """What `__init__` takes, by name, in the order in which the class states them."""

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.name = cls.__module__.rpartition(".")[2]
        cls.hyperparameters = {
            k: v
            for base in reversed(cls.__mro__)
            for k, v in vars(base).items()
            if isinstance(v, Parameter)
        }
        cls.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
            [
                inspect.Parameter(k, inspect.Parameter.KEYWORD_ONLY, default=v.default)
                for k, v in cls.hyperparameters.items()
            ]
        )

    @final
    def __init__(self, **parameters: Any) -> None:
        unknown = sorted(set(parameters) - set(self.hyperparameters))
        if unknown:
            raise InvalidParameter(
                f"{self.name} has no hyperparameter {some(unknown)}; it has "
                f"{', '.join(self.hyperparameters) or 'none'}."
            )
        for name, stated in self.hyperparameters.items():
            value = parameters.get(name, stated.default)
            vars(self)[name] = stated.checked(self.name, name, value)
        self._check_parameters()

    def _check_parameters(self) -> None:
        """Raise InvalidParameter where values do not fit that bounds cannot tell."""

    def __repr__(self) -> str:
        given = ", ".join(f"{k}={v!r}" for k, v in self.parameters.items())
        return f"{type(self).__name__}({given})"

    def __setattr__(self, name: str, value: object) -> None:
        if not name.endswith("_"):
            raise AttributeError(
                f"`{name}` of {self.name} is frozen; make another model with the value you want."
            )
        object.__setattr__(self, name, value)

    @final
    @property
    def parameters(self) -> dict[str, Any]:
        """The hyperparameters by name."""
        return {name: getattr(self, name) for name in self.hyperparameters}
