"""How long the rest will take, by a clock that the test winds."""

from __future__ import annotations

from matinee.comparing.clock import Clock, spoken


class Winded:
    at = 0.0

    def __call__(self):
        return self.at


def test_the_rest_is_expected_to_take_what_the_like_took():
    now, shown, said = Winded(), [], []
    clock = Clock(
        ["slow", "fast", "slow", "fast"], lambda *step: shown.append(step), said.append, now
    )
    assert clock.left is None
    assert shown == [("comparing", 0, None)]
    now.at = 10
    clock.step(0.25)
    assert clock.left == 30 + 3 * 40, "three quarters of it, and each other as long"
    now.at = 40
    clock.job_done("slow is done", cached=False)
    assert clock.left == 3 * 40
    assert said == ["slow is done; about 2 min left"]
    now.at = 42
    clock.job_done("fast is done", cached=False)
    assert clock.left == 40 + 2
    now.at = 52
    assert clock.left == 30 + 2
    clock.job_done("again", cached=True)
    assert clock.left == 2, "what was kept teaches nothing"
    clock.skip(1)
    assert clock.left == 0
    assert shown[-1] == ("comparing", 52, 52)


def test_a_job_that_takes_longer_than_it_should_takes_no_time_back():
    now = Winded()
    clock = Clock(["a", "a"], now=now)
    now.at = 5
    clock.job_done("", cached=False)
    now.at = 500
    assert clock.left == 0


def test_times_as_one_says_them():
    assert [spoken(s) for s in (0.2, 40, 89, 170, 5399, 9000)] == [
        *("1 s", "40 s", "89 s", "3 min", "90 min", "2.5 h"),
    ]
