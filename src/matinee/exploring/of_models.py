"""What the figures mean for the choice of a model."""

from __future__ import annotations

from matinee.exploring.phrases import counted, percent, size
from matinee.exploring.records import EASE_BYTES, Finding, Overview


def _of(point: str, said: str, rule: str) -> Finding:
    return Finding("model", point, said, rule)


def implicit(found: Overview) -> Finding | None:
    if found.values is not None or not found.facts.ratings:
        return None
    return _of(
        "Ranking models only",
        "Feedback is implicit: it says what people chose, not how they liked it. There is nothing "
        "to predict a rating from, and RMSE means nothing; judge by NDCG and recall.",
        "There are no values.",
    )


def popularity(found: Overview) -> Finding | None:
    items, sizes = found.per_item, found.sizes
    if items is None or sizes is None or sizes.rated_items < 10:
        return None
    rule = "Said where the Gini coefficient of ratings per item is 0.5 or more; else the reverse."
    held = (
        f"The most rated tenth of the items hold {percent(items.top_tenth)} of the ratings, and "
        f"{items.half:,} of {counted(sizes.rated_items, 'item')} half of them (Gini coefficient "
        f"{items.gini:.2f})"
    )
    if items.gini < 0.5:
        return _of("Popularity tells little", f"{held}: no few items dominate.", rule)
    return _of(
        "Popularity is the figure to beat",
        f"{held}. A list of the same favorites for everybody looks good under such a tail. Keep "
        "`popularity` in every table, and look at coverage, novelty and the figures of the tail "
        "beside accuracy.",
        rule,
    )


def ease(found: Overview) -> Finding | None:
    sizes = found.sizes
    if sizes is None:
        return None
    needs = (
        f"EASE relates every item to every other: {sizes.rated_items:,}² weights, "
        f"{size(sizes.ease_bytes)}"
    )
    rule = f"By whether 4 bytes x (items with a rating)² are at most {size(EASE_BYTES)}."
    if sizes.ease_bytes <= EASE_BYTES:
        return _of(
            "EASE fits in memory",
            f"{needs}. It has a closed form and little to tune: a strong baseline to begin with.",
            rule,
        )
    return _of(
        "EASE is large here",
        f"{needs}. `ials` grows with the ratings and not with items squared. Of the "
        f"{counted(sizes.fits_items, 'item')} with {sizes.fits_from} ratings or more, which hold "
        f"{percent(sizes.fits_ratings)} of all ratings, EASE would need "
        f"{size(4 * sizes.fits_items**2)}.",
        rule,
    )


def density(found: Overview) -> Finding | None:
    facts, sizes = found.facts, found.sizes
    if sizes is None or sizes.shared is None:
        return None
    one_in = 1 / facts.density if facts.density else 0.0
    said = (
        f"One in {one_in:,.0f} pairs of person and item is rated, and two items have "
        f"{sizes.shared:,.1f} raters in common on average"
    )
    rule = "By the mean number of raters that two rated items share: 1 or more."
    if sizes.shared >= 1:
        return _of(
            "Co-ratings carry models of items",
            f"{said}. That is enough for models that compare items by who rated both "
            "(`item_knn`, `ease`, `slim`), at least among the better known.",
            rule,
        )
    return _of(
        "Items have few raters in common",
        f"{said}. What is alike must be learned through others (factors: `ials`, `bayes_fm`) or "
        "through content; common raters alone say little of a pair.",
        rule,
    )


def tail(found: Overview) -> Finding | None:
    items = found.per_item
    if items is None or items.below_10 < 0.25:
        return None
    content = bool(found.genres) or found.facts.tags > 0 or found.facts.genome_scores > 0
    use = (
        "Content can speak for them: try models that know it (`three_ways`, `alike`, `hybrid`)."
        if content
        else "No content is known that could speak for them: a table of items with genres, or "
        "`matinee data import --metadata`, would help most here."
    )
    return _of(
        "Many items have few ratings",
        f"{percent(items.below_10)} of the rated items have fewer than 10 ratings, "
        f"{percent(items.below_5)} fewer than 5. Models of ratings alone guess there. {use}",
        "A quarter of the rated items or more have fewer than 10 ratings.",
    )


def habits(found: Overview) -> Finding | None:
    values = found.values
    if values is None or values.by_person is None or values.by_item is None:
        return None
    return _of(
        "Beat habits and reputations first",
        f"Who rates explains {percent(values.by_person)} of the variance of ratings, what is "
        f"rated {percent(values.by_item)}. The model `biases` knows just these two. A constant "
        f"guess has an RMSE of {values.deviation:.3f}; what a model gains beyond `biases` is what "
        "it knows of taste.",
        "Said wherever values vary. Shares are corrected for chance.",
    )


def scale_use(found: Overview) -> Finding | None:
    values, facts = found.values, found.facts
    if values is None or facts.liked_share is None:
        return None
    if values.commonest.share >= 0.5:
        return _of(
            "Half of the ratings are the same",
            f"{percent(values.commonest.share)} of the ratings are {values.commonest.label}. RMSE "
            "is small for any model then; judge by lists, and by how well the rest is told apart.",
            "One value has half of the ratings or more.",
        )
    liked = (
        f"{percent(facts.liked_share)} of the ratings are {facts.liked_threshold:g} or higher, "
        "which counts as liked"
    )
    rule = "By the share of liked ratings: under 15 %, over 65 %, or between."
    if facts.liked_share > 0.65:
        return _of(
            "Liking is the rule",
            f"{liked}: people rate what they chose to see. A higher threshold would tell "
            "favorites apart; rankers that learn from liked titles learn mostly what is seen.",
            rule,
        )
    if facts.liked_share < 0.15:
        return _of(
            "Little is liked",
            f"{liked}. Rankers learn from these alone; a lower threshold would give them more.",
            rule,
        )
    return None


def drift(found: Overview) -> Finding | None:
    when, values = found.times, found.values
    if when is None or values is None or when.first_mean is None or when.last_mean is None:
        return None
    change = when.last_mean - when.first_mean
    if not values.deviation:
        return None
    said = (
        f"The mean rating of the first tenth by time is {when.first_mean:.2f}, that of the last "
        f"{when.last_mean:.2f}"
    )
    rule = (
        "By whether the two differ by a tenth of the standard deviation of ratings or more; "
        "nothing is said of more where it is under three standard errors."
    )
    # Two tenths, each of a tenth of the ratings.
    error = values.deviation * (20 / found.facts.ratings) ** 0.5
    if 0.1 * values.deviation <= abs(change) < 3 * error:
        return None  # As much comes about by chance, between two tenths of so few.
    if abs(change) < 0.1 * values.deviation:
        return _of("The mean rating hardly moves", f"{said}.", rule)
    return _of(
        "The mean rating drifts",
        f"{said}, {abs(change) / values.deviation:.2f} standard deviations "
        f"{'higher' if change > 0 else 'lower'}. Predictions that know nothing of time may be off "
        "by as much after a cut; lists are not touched by what moves all ratings alike. Judge "
        "rating models by time, and those that know times (`bayes_fm`) beside the others.",
        rule,
    )


def leaders(found: Overview) -> Finding | None:
    when = found.times
    if when is None or not when.leaders or not when.leaders_by_chance:
        return None
    said = (
        f"Of the {when.leaders} most rated items of the first half of the ratings by time, "
        f"{percent(when.leaders_stay)} are among as many of the second half; between halves drawn "
        f"by turns it is {percent(when.leaders_by_chance)}"
    )
    rule = "By whether fewer than 0.75 times as many leaders stay as between halves drawn by turns."
    if when.leaders_stay < 0.75 * when.leaders_by_chance:
        return _of(
            "Favorites change",
            f"{said}. Popularity of the past misleads, and models that learned it with it: train "
            "anew often, and count how much each model loses from a random split to a cut in time.",
            rule,
        )
    return _of("Favorites stay", f"{said}. Popularity of the past holds.", rule)


def heavy(found: Overview) -> Finding | None:
    people, raters = found.per_user, found.facts.users - found.facts.users_without_ratings
    if people is None or raters < 10 or people.top_tenth < 0.4:
        return None
    return _of(
        "A few people speak loudest",
        f"The most active tenth of the people made {percent(people.top_tenth)} of the ratings. "
        "RMSE counts ratings, so it speaks mostly of them; NDCG and recall count each person "
        "once. Look at light and heavy users apart.",
        "The most active tenth made 40 % of the ratings or more, of 10 people or more.",
    )


def profiles(found: Overview) -> Finding | None:
    facts = found.facts
    if not facts.people or not facts.users:
        return None
    share = facts.people / facts.users
    of = "everybody" if share == 1 else f"{percent(share)} of the people"
    return _of(
        "Profiles can speak for new people",
        f"An age, a gender, an occupation or a place is known of {of}. "
        "Models that read profiles have something to go by before the first rating; how much, "
        "the split `new-users` with 0 ratings tells.",
        "Something is known of anybody.",
    )


RULES = (
    implicit,
    popularity,
    ease,
    density,
    tail,
    habits,
    scale_use,
    drift,
    leaders,
    heavy,
    profiles,
)
