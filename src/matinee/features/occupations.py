"""What people say that they do, read as one of the occupations that a list has.

Lists differ: MovieLens 100K knows an "educator", MovieLens 1M an "academic/educator". So each kind
of work is stated once, with the names that lists give it and the other names that people do.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from typing import NamedTuple

UNSAID = frozenset({"other", "none", "unknown", "na", "n a", "not stated", "prefer not to say"})
"""What says that the occupation is not known, and not that it is shared."""
_NEAR = 0.8
"""Likeness, as difflib tells it, from which on a word may be another one mistyped."""
_LONG = 4
"""Letters of a word that may be mistyped: shorter ones are near too many others."""

_KINDS: tuple[tuple[tuple[str, ...], str], ...] = (
    (
        ("programmer",),
        "developer, software developer, software engineer, software architect, web developer, "
        "coder, programmer analyst, web designer, computer scientist, sysadmin, it, it specialist, "
        "system administrator, software, devops engineer, game developer, frontend, backend, "
        "dev",
    ),
    (
        ("engineer", "technician/engineer"),
        "civil engineer, mechanical engineer, electrical engineer, engineering, architect",
    ),
    (
        ("technician", "technician/engineer"),
        "lab technician, laboratory technician, it technician, sound technician, lab assistant, "
        "operator, technical support, it support",
    ),
    (
        ("educator", "academic/educator"),
        "teacher, professor, lecturer, instructor, tutor, academic, schoolteacher, teaching, "
        "coach, trainer, headmaster, school principal, dean, kindergarten teacher, education, "
        "postdoc",
    ),
    (
        ("student", "college/grad student"),
        "undergraduate, graduate student, college student, university student, phd student, "
        "doctoral student, medical student, law student, postgraduate, phd candidate, freshman, "
        "sophomore, studying, grad student",
    ),
    (
        ("k-12 student", "student"),
        "pupil, schoolboy, schoolgirl, schoolchild, high school student, school student, "
        "high schooler, k 12",
    ),
    (
        ("doctor", "doctor/health care", "healthcare"),
        "physician, surgeon, gp, general practitioner, dentist, medic, pediatrician, psychiatrist, "
        "cardiologist, anesthetist, medical doctor, radiologist, vet, veterinarian, dr, md",
    ),
    (
        ("healthcare", "doctor/health care", "doctor"),
        "health care, health, nurse, pharmacist, paramedic, therapist, physiotherapist, midwife, "
        "caregiver, carer, optician, psychologist, dental assistant, health worker, nursing, "
        "health care worker, social worker, medicine, rn",
    ),
    (
        ("administrator", "clerical/admin"),
        "clerk, secretary, receptionist, office worker, office assistant, assistant, bookkeeper, "
        "accountant, civil servant, personal assistant, typist, administration, clerical worker, "
        "administrative assistant, auditor, actuary, bank teller, teller",
    ),
    (
        ("executive", "executive/managerial"),
        "manager, ceo, cfo, cto, vp, director, boss, president, vice president, chairman, banker, "
        "management, product manager, project manager, general manager, investor",
    ),
    (
        ("salesman", "sales/marketing", "marketing"),
        "saleswoman, salesperson, sales, sales representative, seller, shop assistant, retail, "
        "shopkeeper, broker, estate agent, realtor, merchant, trader, sales assistant, sales rep",
    ),
    (
        ("marketing", "sales/marketing", "salesman"),
        "marketer, advertising, advertiser, public relations, pr, brand manager, marketing manager",
    ),
    (
        ("customer service",),
        "customer support, call center agent, waiter, waitress, barista, bartender, cashier, "
        "flight attendant, server, hairdresser, support",
    ),
    (("lawyer",), "attorney, solicitor, barrister, judge, paralegal, legal, law, notary, counsel"),
    (
        ("writer",),
        "author, journalist, novelist, editor, poet, reporter, copywriter, screenwriter, blogger, "
        "playwright, translator, critic, columnist, writing, journalism",
    ),
    (
        ("artist",),
        "sculptor, designer, illustrator, graphic designer, photographer, art, animator, "
        "fashion designer, art director, potter",
    ),
    (
        ("entertainment", "artist"),
        "actor, actress, musician, singer, dancer, comedian, entertainer, dj, film director, film "
        "maker, filmmaker, movie director, composer, magician, pianist, guitarist, show business",
    ),
    (
        ("scientist",),
        "researcher, physicist, chemist, biologist, mathematician, statistician, astronomer, "
        "geologist, data scientist, economist, historian, science, research, research assistant, "
        "analyst, data analyst",
    ),
    (("librarian", "academic/educator", "educator"), "archivist, library assistant, library"),
    (
        ("homemaker",),
        "housewife, househusband, stay at home mom, stay at home mum, stay at home dad, mother, "
        "stay at home parent, housekeeper, home maker",
    ),
    (("retired",), "pensioner, retiree, retirement, emeritus, senior citizen"),
    (
        ("self-employed",),
        "freelancer, freelance, entrepreneur, business owner, contractor, consultant, "
        "independent, businessman, businesswoman, founder, own business",
    ),
    (("unemployed",), "jobless, out of work, job seeker, between jobs, no job, looking for work"),
    (
        ("tradesman/craftsman", "technician", "technician/engineer"),
        "tradesman, craftsman, electrician, mechanic, machinist, plumber, carpenter, welder, "
        "builder, tailor, baker, cook, chef, butcher, joiner, mason, construction worker, painter",
    ),
    (("farmer",), "rancher, agriculture, farm worker, gardener, fisherman, forester, farming"),
    (
        (),
        "driver, truck driver, taxi driver, soldier, police officer, policeman, policewoman, "
        "firefighter, pilot, sailor, priest, pastor, monk, nun, cleaner, factory worker, military, "
        "laborer, worker, miner, cop, security guard, athlete, politician, army officer, astronaut",
    ),
)
"""The names that lists give a kind of work, the best first, and what else people call it. Of the
last no list has a name."""


class Reading(NamedTuple):
    """How a text was read."""

    name: str | None
    """The name in the list; None where the text says nothing."""
    unsaid: bool = False
    """Whether that is because no work is named, and not because the list has no name for it."""


def read(text: str, known: Sequence[str], *, child: bool = False) -> Reading | None:
    """What a text says somebody does, by the names of a list; None where nothing is near.

    In this order: a name of the list, in any case, or a part of one ("executive" of
    "executive/managerial"); whatever is retired, as such; another name of the same kind of work,
    whole, then in its parts: what stands last counts, as English puts it there ("high school
    teacher"), or last before "of", "at", "in" and the like; a name mistyped.

    Parameters
    ----------
    known
        Names in lower case.
    child
        Whether a "student" is one at school.
    """
    said = plain(text)
    if said in UNSAID or not said:
        return Reading(None, unsaid=True)
    if text.strip().casefold() in known:
        return Reading(text.strip().casefold())
    names = _names(known)
    if said == "student" and child:
        said = "pupil"
    if "retired" in said.split() and names["retired"]:
        return Reading(names["retired"])
    head = re.split(r" (?:of|at|in|for|with|and|from) ", said)[0]
    for part in dict.fromkeys((head, said)):
        if (found := _ending(part, names)) is not None:
            return Reading(names[found] or None)
    for part in dict.fromkeys((said, head, head.rpartition(" ")[2])):
        near = _nearest(part, names) if len(part) >= _LONG else None
        if near is not None:
            return Reading(names[near] or None)
    return None


def nearest(text: str, known: Sequence[str]) -> str:
    """The name of the list that is written most alike the text."""
    return difflib.get_close_matches(text.casefold(), known, n=1, cutoff=0.0)[0]


def plain(text: str) -> str:
    """Letters and digits in lower case, single blanks between words."""
    return " ".join(re.findall(r"[^\W_]+", text.casefold().replace("'", "")))


def _names(known: Sequence[str]) -> dict[str, str]:
    """What people may write -> the name in the list, "" where the list has none for it."""
    found: dict[str, str] = {}
    for names, others in _KINDS:
        every = (*names, *others.split(", "))
        listed = next((n for n in every if n in known), "")
        for name in every:
            found.setdefault(plain(name), listed)
    for name in known:
        for part in (name, *name.split("/")):
            found[plain(part)] = name
    return found


def _ending(text: str, names: dict[str, str]) -> str | None:
    """The longest name that ends latest in the text."""
    words = text.split()
    for stop in range(len(words), 0, -1):
        for start in range(stop):
            for phrase in _forms(" ".join(words[start:stop])):
                if phrase in names:
                    return phrase
    return None


def _forms(phrase: str) -> list[str]:
    """As it stands, and in the singular."""
    forms = [phrase]
    if phrase.endswith("men"):
        forms.append(phrase[:-3] + "man")
    if phrase.endswith("s") and not phrase.endswith("ss"):
        forms.append(phrase[:-1])
    return forms


def _nearest(text: str, names: dict[str, str]) -> str | None:
    return next(iter(difflib.get_close_matches(text, list(names), n=1, cutoff=_NEAR)), None)
