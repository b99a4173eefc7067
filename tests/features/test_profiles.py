"""What people say of themselves is read as the columns that a model has met, or said not to be."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from matinee.answers import Profile
from matinee.data import load
from matinee.errors import InvalidParameter
from matinee.features import AGE_BANDS, profile_row, readable, side_information, understood
from matinee.person import Person

USERS = pa.table(
    {
        "user_id": ["1", "2", "3", "4"],
        "age": pa.array([24, None, 7, 60], pa.int32()),
        "gender": ["f", "M", None, ""],
        "occupation": ["Writer", "other", None, "none"],
        "zip": ["94043", "V1G4L", None, "00000"],
    }
)
NAMES = side_information(pa.table({"item_id": ["a"]}), USERS).user_feature_names
BANDS = ("under 18", "18-24", "25-34", "35-44", "45-49", "50-55", "56+")


def columns(profile, names):
    return {names[i] for i in profile_row(profile, names).indices}


@pytest.fixture(scope="module")
def lists(shared_data):
    """The columns of people of ml-100k and of ml-1m, whose lists of occupations differ."""
    nothing = pa.table({"item_id": ["a"]})
    found = []
    for name in ("ml-100k", "ml-1m"):
        path = shared_data / f"{name}.zip"
        if not path.exists():
            pytest.skip(f"no {path.name} in {shared_data}")
        found.append(side_information(nothing, load(str(path)).user_table).user_feature_names)
    return found


# ---- columns -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "region"),
    [
        ("94043", "9"),
        ("02139", "0"),
        (" 98107-2117 ", "9"),
        ("981072117", "9"),
        ("00501", "0"),
        ("00000", None),
        ("00000-0000", None),
        ("495321", None),
        ("5570", None),
        ("V1G4L", None),
        ("SW1A 1AA", None),
        ("94043\n94043", None),
        ("９４０４３", None),
        ("", None),
        (None, None),
    ],
)
def test_regions(code, region):
    names = [f"region:{digit}" for digit in range(10)]
    assert columns({"zip": code}, names) == (set() if region is None else {f"region:{region}"})
    said = understood({"zip": code}, names)
    assert ("zip" in said.profile) == (region is not None)
    left_out = code is not None and code.strip() != "" and region is None
    assert len(said.notes) == left_out
    assert all("no zip code of the United States" in note for note in said.notes)


@pytest.mark.parametrize(
    ("age", "band"),
    [
        (1, "under 18"),
        (17, "under 18"),
        (18, "18-24"),
        (24, "18-24"),
        (25, "25-34"),
        (49, "45-49"),
        (50, "50-55"),
        (55, "50-55"),
        (56, "56+"),
        (129, "56+"),
    ],
)
def test_age_bands(age, band):
    names = [f"age:{b}" for b in BANDS]
    assert len(names) == len(AGE_BANDS) + 1
    assert columns({"age": age}, names) == {f"age:{band}"}
    assert understood({"age": np.int32(age)}, names) == ({"age": age}, ())


@pytest.mark.parametrize("age", [-3, 0, 130, 34.5, True, "34"])
def test_no_age_of_anybody(age):
    names = [f"age:{b}" for b in BANDS]
    with pytest.raises(InvalidParameter, match=r"`age` must lie in 1\.\.129"):
        understood({"age": age}, names)
    assert columns({"age": age}, names) == set()
    if isinstance(age, int) and not isinstance(age, bool):
        with pytest.raises(InvalidParameter, match=r"`age` must lie in 1\.\.129"):
            Profile(age=age)


def test_a_profile_row_is_the_row_of_the_table():
    side = side_information(pa.table({"item_id": ["a"]}), USERS)
    for row, person in enumerate(USERS.to_pylist()):
        np.testing.assert_array_equal(
            profile_row(person, NAMES).toarray()[0], side.user_features.toarray()[row]
        )


def test_what_nobody_has_counts_as_unknown():
    profile = {"occupation": "astronaut", "gender": "m", "shoe": 44}
    assert profile_row(profile, NAMES).dtype == np.float32
    assert columns(profile, NAMES) == {"gender:M"}
    assert profile_row({}, NAMES).nnz == 0
    assert profile_row({"age": 20}, ()).shape == (1, 0)


# ---- words of one's own ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "ml_100k", "ml_1m"),
    [
        ("programmer", "programmer", "programmer"),
        ("PROGRAMMER ", "programmer", "programmer"),
        ("software developer", "programmer", "programmer"),
        ("Software Engineers", "programmer", "programmer"),
        ("senior sofware developer at a bank", "programmer", "programmer"),
        ("teacher", "educator", "academic/educator"),
        ("high-school teacher", "educator", "academic/educator"),
        ("professor of medicine", "educator", "academic/educator"),
        ("grad student", "student", "college/grad student"),
        ("high school student", "student", "k-12 student"),
        ("nurse", "healthcare", "doctor/health care"),
        ("physician", "doctor", "doctor/health care"),
        ("docter", "doctor", "doctor/health care"),
        ("retired teacher", "retired", "retired"),
        ("libarian", "librarian", "academic/educator"),
        ("enginer", "engineer", "technician/engineer"),
        ("policemen", None, None),
        ("salesmen", "salesman", "sales/marketing"),
        ("manager", "executive", "executive/managerial"),
        ("actress", "entertainment", "artist"),
        ("journalist", "writer", "writer"),
        ("attorney", "lawyer", "lawyer"),
        ("waiter", None, "customer service"),
        ("farmer", None, "farmer"),
        ("Freelancer", None, "self-employed"),
        ("unemployed", None, "unemployed"),
        ("K-12 student", "student", "k-12 student"),
        ("other", None, None),
        ("None", None, None),
        ("Prefer not to say", None, None),
    ],
)
def test_occupations(lists, text, ml_100k, ml_1m):
    for names, wanted in zip(lists, (ml_100k, ml_1m), strict=True):
        profile, notes = understood({"occupation": text}, names)
        assert profile == ({} if wanted is None else {"occupation": wanted})
        as_it_is = wanted == text.strip().lower()
        assert len(notes) == (not as_it_is)
        assert all(repr(text) in note and (wanted or "left out") in note for note in notes)


def test_every_name_of_a_list_is_itself(lists):
    for names in lists:
        for name in (n.partition(":")[2] for n in names if n.startswith("occupation:")):
            assert understood({"occupation": name.upper()}, names) == ({"occupation": name}, ())
            for part in name.split("/"):
                assert understood({"occupation": part}, names).profile == {"occupation": name}


def test_a_student_who_is_a_child(lists):
    child = {"age": 12, "occupation": "student"}
    assert understood(child, lists[1]).profile["occupation"] == "k-12 student"
    assert understood(child | {"age": 30}, lists[1]).profile["occupation"] == "college/grad student"


@pytest.mark.parametrize("text", ["wizard", "xx", "日本", "!?", "hacker"])
def test_what_is_no_occupation(lists, text):
    for names in lists:
        if text == "!?":
            assert understood({"occupation": text}, names).profile == {}
            continue
        with pytest.raises(InvalidParameter, match=r"programmer.*got .*nearest is .*leave it out"):
            understood({"occupation": text}, names)
        assert readable({"occupation": text, "gender": "F"}, names) == {"gender": "F"}


def test_words_of_another_list():
    own = ["occupation:software developer", "occupation:zookeeper", "gender:FEMALE", "gender:MALE"]
    assert understood({"occupation": "coder"}, own).profile == {"occupation": "software developer"}
    assert understood({"occupation": "zokeeper"}, own).profile == {"occupation": "zookeeper"}
    assert understood({"gender": "f"}, own).profile == {"gender": "FEMALE"}


@pytest.mark.parametrize(
    ("text", "gender"),
    [("F", "F"), ("f", "F"), ("female", "F"), ("Woman", "F"), (" man ", "M"), ("male", "M")],
)
def test_genders(text, gender):
    profile, notes = understood({"gender": text}, ["gender:F", "gender:M"])
    assert profile == {"gender": gender}
    assert len(notes) == (len(text) > 1)
    for unsaid in ("non-binary", "prefer not to say", "X"):
        profile, (note,) = understood({"gender": unsaid}, ["gender:F", "gender:M"])
        assert profile == {}
        assert "left out" in note
    with pytest.raises(InvalidParameter, match=r"gender.*F.*M.*got 'robot'"):
        understood({"gender": "robot"}, ["gender:F", "gender:M"])


def test_fields_of_which_nothing_was_met_say_nothing():
    said = {"age": 34, "gender": "robot", "occupation": "wizard", "zip": "94043"}
    profile, notes = understood(said, ["occupation_like:wizard"])
    assert profile == {}
    assert len(notes) == 4
    assert all("says nothing here" in note for note in notes)
    assert understood(dict.fromkeys(said), NAMES) == ({}, ())
    assert understood({"gender": " ", "occupation": ""}, NAMES) == ({}, ())
    with pytest.raises(InvalidParameter, match="age"):
        understood({"age": -3}, [])


def test_values_that_nobody_has():
    profile, notes = understood({"age": 30, "zip": "10001", "gender": "F"}, NAMES)
    assert profile == {"gender": "F"}
    assert "nobody of 25-34 years" in notes[0]
    assert "'10001'" in notes[1]


def test_a_person_whose_stored_words_a_model_never_met():
    stored = {"age": 0, "gender": "woman", "occupation": "wizard", "zip": "V1G4L"}
    person = Person(np.zeros(0, np.int32), np.zeros(0, np.float32), stored, 4.0)
    assert {NAMES[i] for i in person.profile_row(list(NAMES)).indices} == {"gender:F"}
    assert person.profile_row([]) is None
