"""Slow, obvious references for what is fast elsewhere."""

from __future__ import annotations

import itertools
import math

import numpy as np


def top_n(scores, n):
    """Per row: items by falling score, ties by index, without -inf and NaN."""
    lists = []
    for row in scores:
        allowed = [i for i in range(len(row)) if row[i] > -np.inf]
        lists.append(sorted(allowed, key=lambda i, row=row: (-row[i], i))[:n])
    return lists


def least_squares(matrix, vectors, offsets, plain, weighted):
    """Per row of a dense matrix (NaN where not rated): the penalised normal equations."""
    result = np.zeros((len(matrix), vectors.shape[1]))
    for u, row in enumerate(matrix):
        rated = ~np.isnan(row)
        if not rated.any():
            continue
        v = vectors[rated].astype(float)
        penalty = np.diag(plain + weighted * rated.sum())
        result[u] = np.linalg.solve(v.T @ v + penalty, v.T @ (row[rated] - offsets[rated]))
    return result


def ndcg(recommended, relevant, k):
    """Of one list (best first, -1 is nothing) against a set of items; None without any."""
    if not relevant:
        return None
    gained = 0.0
    for rank, item in enumerate(recommended[:k], start=1):
        if item in relevant:
            gained += 1 / math.log2(rank + 1)
    ideal = 0.0
    for rank in range(1, min(k, len(relevant)) + 1):
        ideal += 1 / math.log2(rank + 1)
    return gained / ideal


def recall(recommended, relevant, k):
    """Hits in the first k, over all that is relevant; None without any."""
    if not relevant:
        return None
    return len([i for i in recommended[:k] if i in relevant]) / len(relevant)


def precision(recommended, relevant, k):
    """Hits in the first k, over k; None where nothing is relevant."""
    if not relevant:
        return None
    return len([i for i in recommended[:k] if i in relevant]) / k


def paired_bootstrap(first, second, draws, seed):
    """(mean difference, 2.5 % and 97.5 % quantile, p) of people drawn with replacement."""
    generator = np.random.default_rng(seed)
    differences = [a - b for a, b in zip(first, second, strict=True)]
    n = len(differences)
    observed = sum(differences) / n
    means = []
    for _ in range(draws):
        drawn = generator.integers(0, n, n, dtype=np.int32)
        means.append(sum(differences[i] for i in drawn) / n)
    extreme = [m for m in means if abs(m - observed) >= abs(observed) - 1e-12]
    low, high = np.quantile(means, [0.025, 0.975])
    differing = sum(d != 0 for d in differences)
    least = min(1.0, 2.0 / 2.0**differing)
    return observed, low, high, max(least, (1 + len(extreme)) / (1 + draws))


def weighted_gram(chosen, weights):
    """Lower triangle of X^T diag(weights) X; zero above."""
    n = chosen.shape[1]
    out = np.zeros((n, n))
    for u, row in enumerate(chosen):
        for i in range(n):
            for j in range(i + 1):
                out[i, j] += weights[u] * row[i] * row[j]
    return out


def ease(chosen, regularization, popularity_penalty, activity_damping, popularity_damping):
    """Scores of EASE: each item's regression on the others solved by itself."""
    people, items = chosen.shape
    length, count = chosen.sum(axis=1), chosen.sum(axis=0)
    weights = np.maximum(length, 1) ** -float(activity_damping)
    weights *= length.sum() / (weights * length).sum()
    penalty = regularization * count ** float(popularity_penalty)
    scores = np.zeros((people, items))
    for j in np.flatnonzero(count):
        others = np.array([i for i in range(items) if i != j and count[i]], int)
        x, y = chosen[:, others], chosen[:, j]
        gram = x.T @ (weights[:, None] * x) + np.diag(penalty[others])
        solution = np.linalg.solve(gram, x.T @ (weights * y))
        scores[:, j] = x @ solution * count[j] ** -float(popularity_damping)
    return scores


def factor_model_slopes(matrix, mine, others, penalty):
    """Of a dense matrix (NaN where not rated): squared error, penalty and slopes of the rows.

    The last column of `mine` and `others` holds biases.
    """
    squared = penalized = 0.0
    slopes = np.zeros(mine.shape)
    for u, row in enumerate(matrix):
        weight = penalty[0] + penalty[1] * (~np.isnan(row)).sum()
        penalized += (weight * mine[u] ** 2).sum()
        slopes[u] = 2 * weight * mine[u]
        for i, rating in enumerate(row):
            if not np.isnan(rating):
                error = rating - mine[u, -1] - others[i, -1] - mine[u, :-1] @ others[i, :-1]
                squared += error**2
                slopes[u] -= 2 * error * np.append(others[i, :-1], 1)
    return squared, penalized, slopes


def log_likelihood(predicted, deviation, actual):
    """Mean log of the normal density, rating by rating."""
    logs = []
    for m, d, r in zip(predicted, deviation, actual, strict=True):
        logs.append(
            math.log(math.exp(-((r - m) ** 2) / (2 * d * d)) / (d * math.sqrt(2 * math.pi)))
        )
    return sum(logs) / len(logs)


def interval_coverage(predicted, deviation, actual, share):
    """Ratings whose normal distribution function lies in the middle `share`, over all."""
    inside = 0
    for m, d, r in zip(predicted, deviation, actual, strict=True):
        below = 0.5 * (1 + math.erf((r - m) / d / math.sqrt(2)))
        inside += abs(below - 0.5) <= share / 2
    return inside / len(actual)


def descend(order, people, items, rate):
    """Gradient steps for each (u, i, r) of `order`; changes the sides, dicts of arrays."""
    for u, i, r in order:
        p, q = people["factors"][u].copy(), items["factors"][i].copy()
        error = r - people["bias"][u] - items["bias"][i] - p @ q
        people["squares"][u] += error**2 * items["precision"][i]
        items["squares"][i] += error**2 * people["precision"][u]
        weight = people["weight"][u] * items["weight"][i]
        for side, row, mine, other in ((people, u, p, q), (items, i, q, p)):
            on_factors, on_bias = side["penalty"][row] * side["weight"][row]
            side["factors"][row] = mine + rate * (weight * error * other - on_factors * mine)
            side["bias"][row] += rate * (weight * error - on_bias * side["bias"][row])


def squares_left_out(ratings, people, items, person_leverage, item_leverage, item_variance):
    """Per row of a dense matrix (NaN where not rated): squared errors as if left out."""
    out = np.zeros(len(ratings))
    for u, i in np.argwhere(~np.isnan(ratings)):
        error = ratings[u, i] - people[u, -1] - items[i, -1] - people[u, :-1] @ items[i, :-1]
        left = max(1 - person_leverage[u] - item_leverage[i], 0.2)
        out[u] += (error / left) ** 2 / item_variance[i]
    return out


def climb(order, chosen, people, items, rate, penalties):
    """Steps of BPR for each (u, i) of `order` against the best item not chosen; changes both."""
    on_people, on_items, on_biases = penalties
    for u, i in order:
        scores = items[:, :-1] @ people[u] + items[:, -1]
        j = int(np.argmax(np.where(chosen[u], -np.inf, scores)))
        if chosen[u].all():
            continue
        g = 1 / (1 + math.exp(scores[i] - scores[j]))
        p, qi, qj = people[u].copy(), items[i].copy(), items[j].copy()
        people[u] += rate * (g * (qi[:-1] - qj[:-1]) - on_people * p)
        items[i, :-1] += rate * (g * p - on_items * qi[:-1])
        items[j, :-1] -= rate * (g * p + on_items * qj[:-1])
        items[i, -1] += rate * (g - on_biases * qi[-1])
        items[j, -1] -= rate * (g + on_biases * qj[-1])


def beliefs(matrix, moments, precision, prior, weights):
    """Normal beliefs about (b, t) of each row of a dense matrix (NaN where not rated).

    `moments` are (others, size, size): of (1, q, b), times the precision of the other's noise.
    Returns means, own moments of (1, t, b), and the expected squared error of each row.
    """
    size = moments.shape[1]
    means, own, errors = np.array(prior, float), np.zeros((len(matrix), size, size)), []
    for u, row in enumerate(matrix):
        error = 0.0
        rated = np.flatnonzero(~np.isnan(row))
        if len(rated):
            a, right = precision.astype(float), precision.astype(float) @ prior[u]
            for i in rated:
                m = moments[i].astype(float)
                a = a + weights[u] * m[:-1, :-1]
                right = right + weights[u] * (row[i] * m[0, :-1] - m[:-1, -1])
            covariance = np.linalg.inv(a)
            means[u] = covariance @ right
            mean, spread = np.append(means[u], 1), np.pad(covariance, (0, 1))
            second = np.outer(mean, mean) + spread  # of (b, t, 1), which meets (1, q, b)
            for i in rated:
                m = moments[i].astype(float)
                error += row[i] ** 2 * m[0, 0] - 2 * row[i] * mean @ m[0] + (second * m).sum()
            order = [size - 1, *range(1, size - 1), 0]
            own[u] = second[np.ix_(order, order)]
        errors.append(error)
    return means, own, np.array(errors)


def products(people, items, constant):
    """Scores as inner products, in double precision."""
    scores = np.zeros((len(people), len(items)))
    for p in range(len(people)):
        for i in range(len(items)):
            scores[p, i] = sum(
                float(x) * float(y) for x, y in zip(people[p], items[i], strict=True)
            ) + float(constant[p])
    return scores


def sparse_times(indptr, indices, data, dense):
    """A CSR matrix times a dense one."""
    out = np.zeros((len(indptr) - 1, dense.shape[1]))
    for p in range(len(indptr) - 1):
        for at in range(indptr[p], indptr[p + 1]):
            out[p] += float(data[at]) * dense[indices[at]].astype(float)
    return out


def nearest(chosen, weights, left, right, shrinkage, k, added=None, above=None, trust=(0, 1)):
    """Per item: (item, likeness, sum of weights, people) of the k most alike others, ties by
    index, of those whose likeness is trusted."""
    n = chosen.shape[1]
    added = np.zeros(n) if added is None else added
    above = np.zeros(n) if above is None else above
    lists = []
    for i in range(n):
        found = []
        for j in range(n):
            both = (chosen[:, i] > 0) & (chosen[:, j] > 0)
            together, people = weights[both].sum(), int(both.sum())
            believed = trust[min(people, len(trust) - 1)]
            if i != j and believed > 0 and together + added[j] > left[i] * above[j]:
                value = (together + added[j]) / (left[i] * right[j] + shrinkage) * believed
                found.append((j, value, together, people))
        lists.append(sorted(found, key=lambda pair: (-pair[1], pair[0]))[:k])
    return lists


def elastic_net(gram, j, sparsity, penalty, turns=20_000):
    """Column j regressed on the others, not negative: projected steps down the slope."""
    weights = np.zeros(len(gram))
    step = 1 / (np.linalg.eigvalsh(gram)[-1] + penalty.max())
    for _ in range(turns):
        slope = gram @ weights - gram[j] + sparsity + penalty * weights
        weights = np.maximum(weights - step * slope, 0)
        weights[j] = 0
    return weights


def implicit_least_squares(chosen, vectors, spectrum, penalty):
    """Per row of a dense matrix of zeros and ones: the minimum of what `kernels.ials` lowers."""
    result = np.zeros((len(chosen), vectors.shape[1]))
    for u, row in enumerate(chosen):
        if row.any():
            y = vectors[row != 0].astype(float)
            result[u] = np.linalg.solve(
                y.T @ y + np.diag(spectrum + penalty[u]).astype(float), y.sum(axis=0)
            )
    return result


def implicit_objective(chosen, people, items, alpha, of_people, of_items):
    """iALS, term by term, over a dense matrix of zeros and ones."""
    total = 0.0
    for u, row in enumerate(chosen):
        for i, choice in enumerate(row):
            score = float(people[u].astype(float) @ items[i].astype(float))
            total += alpha * score**2 + (1 - score) ** 2 * bool(choice)
    for penalty, factors in ((of_people, people), (of_items, items)):
        total += sum(
            w * float((x.astype(float) ** 2).sum()) for w, x in zip(penalty, factors, strict=True)
        )
    return total


def repaired(labels, liked, smallest, points):
    """Labels after small clusters were dissolved, person by person; old -> new numbers."""
    members = {c: np.flatnonzero(labels == c) for c in range(max(labels) + 1)}
    survivors = [c for c in members if len(members[c]) >= max(smallest, 1)]
    renumbered = [survivors.index(c) if c in survivors else -1 for c in members]
    result = []
    for u, c in enumerate(labels):
        if c < 0 or c in survivors:
            result.append(renumbered[c] if c >= 0 else -1)
            continue
        ranked = []
        for number, other in enumerate(survivors):
            listed = liked[members[other]].any(axis=0)
            mean = points[members[other]].astype(float).mean(axis=0)
            distance = ((points[u].astype(float) - mean) ** 2).sum()
            ranked.append((-(listed & liked[u]).sum(), round(distance, 9), number))
        result.append(min(ranked)[2])
    return result, renumbered


def genre_sums(liked, genres):
    """How many of the items that each person likes have each genre."""
    sums = np.zeros((len(liked), genres.shape[1]))
    for person, row in enumerate(liked):
        for item, likes in enumerate(row):
            if likes:
                sums[person] += genres[item]
    return sums


def scaled(sums, scaling, people):
    """Sums of genres as they are, from 0 to 1 over `people`, or as shares of a person's."""
    result = np.zeros_like(sums)
    for row, column in np.ndindex(*sums.shape):
        if scaling == "sums":
            result[row, column] = sums[row, column]
        elif scaling == "minmax":
            low, high = min(people[:, column]), max(people[:, column])
            result[row, column] = 0 if high == low else (sums[row, column] - low) / (high - low)
        else:
            result[row, column] = sums[row, column] / max(sum(sums[row]), 1)
    return result


def trait_lifts(counts, features, choices, share):
    """Of each cluster and trait: how many times everybody's share of choices it is, damped."""
    k, n_items = counts.shape
    lifts = np.zeros((k, features.shape[1]))
    for f in range(features.shape[1]):
        whole = sum(counts[c, i] for c in range(k) for i in range(n_items) if features[i, f])
        everybody = whole / counts.sum()
        for c in range(k):
            own = sum(counts[c, i] for i in range(n_items) if features[i, f])
            within = (own + choices * everybody) / (counts[c].sum() + choices)
            lifts[c, f] = (within + share) / (everybody + share)
    return lifts


def damped_mean(values, overall, damping):
    """The mean of some ratings, and of `damping` more like everybody's."""
    return (sum(values) + damping * overall) / (len(values) + damping)


def profile_share(members, profiles, names, cluster, column, alike=5):
    """The smoothed share of a cluster's people, of those who state the field, who state a value."""
    field = names[column].split(":")[0]
    columns = [j for j, name in enumerate(names) if name.split(":")[0] == field]
    everybody = [sum(profiles[members >= 0][:, j]) + 1 for j in columns]
    overall = everybody[columns.index(column)] / sum(everybody)
    stated = sum(profiles[members == cluster][:, j].sum() for j in columns)
    return (profiles[members == cluster][:, column].sum() + alike * overall) / (stated + alike)


def silhouettes(points, labels):
    """Of each row, -1 left out: (b - a) / max(a, b) by mean distances, 0 for a row alone."""
    rows = [i for i in range(len(points)) if labels[i] >= 0]
    result = []
    for i in rows:
        mean = {}
        for c in {labels[j] for j in rows}:
            others = [j for j in rows if labels[j] == c and j != i]
            gaps = [math.dist(points[i], points[j]) for j in others]
            mean[c] = sum(gaps) / len(gaps) if gaps else None
        a = mean.pop(labels[i])
        b = min(mean.values())
        result.append(0.0 if a is None or max(a, b) == 0 else (b - a) / max(a, b))
    return result


def adjusted_rand(a, b):
    """By going through all pairs of rows: 2 (n11 n00 - n10 n01) over its maximum."""
    count = {(x, y): 0 for x in (True, False) for y in (True, False)}
    rows = [i for i in range(len(a)) if a[i] >= 0 and b[i] >= 0]
    for p, i in enumerate(rows):
        for j in rows[:p]:
            count[a[i] == a[j], b[i] == b[j]] += 1
    n11, n10, n01, n00 = (count[x, y] for x in (True, False) for y in (True, False))
    if n10 == n01 == 0:
        return 1.0
    return 2 * (n11 * n00 - n10 * n01) / ((n11 + n10) * (n10 + n00) + (n11 + n01) * (n01 + n00))


def spectral_rows(affinity, k):
    """Ng, Jordan and Weiss 2001: rows of the k leading eigenvectors, scaled to length one."""
    degree = affinity.sum(axis=1)
    vectors = np.linalg.eigh(affinity / np.sqrt(np.outer(degree, degree)))[1][:, -k:]
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def nearest_centers(points, centers, known=None):
    """Per row: the nearest center by the columns that are known, the lower of equally near ones."""
    known = np.ones(points.shape, bool) if known is None else known
    labels = np.zeros(len(points), np.int32)
    for r, row in enumerate(points):
        gaps = [((row[known[r]].astype(float) - c[known[r]]) ** 2).sum() for c in centers]
        labels[r] = gaps.index(min(gaps))
    return labels


def fans_lift(chosen, power, damping, a, b):
    """How many times everybody's weighted share the damped share of a's fans is who like b."""
    weights = [0 if not row.any() else row.sum() ** -power for row in chosen]
    scale = sum(1 for w in weights if w) / sum(weights)
    everybody = fans = both = of_b = 0.0
    for row, weight in zip(chosen, weights, strict=True):
        everybody += weight * scale
        fans += weight * scale if row[a] else 0
        of_b += weight * scale if row[b] else 0
        both += weight * scale if row[a] and row[b] else 0
    share = of_b / everybody
    return (both + damping * share) / (fans + damping) / share, share


def tfidf(counts):
    """Rows of log(1 + count) * log(1 + items / items of the word), of length one."""
    items = sum(1 for row in counts if row.any())
    rows = np.zeros(counts.shape)
    for i, row in enumerate(counts):
        for w, count in enumerate(row):
            of_word = sum(1 for other in counts if other[w])
            rows[i, w] = math.log(1 + count) * math.log(1 + items / of_word) if count else 0
        rows[i] /= np.linalg.norm(rows[i]) or 1
    return rows


def block_cosines(blocks):
    """The mean of the cosines of blocks, by weight; each block is (weight, cosines, known)."""
    n = len(blocks[0][2])
    result = np.zeros((n, n))
    for i in range(n):
        for j in range(n):
            own, other = (sum(w for w, _, known in blocks if known[k]) for k in (i, j))
            both = sum(w * c[i, j] for w, c, known in blocks if known[i] and known[j])
            result[i, j] = both / math.sqrt(own * other) if own and other else 0
    return result


def profile_lifts(chosen, profiles, names, damping):
    """One Newton step of a ridge Poisson regression of what is chosen on who chooses, an item at a
    time; and the mean of each column over choices of people who state its field."""
    a, n = chosen.sum(axis=1), chosen.sum()
    kind = [name.partition(":")[0] for name in names]
    x, mean = np.zeros(profiles.shape), np.zeros(len(names))
    for j in range(len(names)):
        states = [row[[k == kind[j] for k in kind]].any() for row in profiles]
        mean[j] = sum(a[u] * profiles[u, j] for u in range(len(a))) / sum(a[states])
        x[:, j] = [p - mean[j] if s else 0 for p, s in zip(profiles[:, j], states, strict=True)]
    lifts = np.zeros((chosen.shape[1], len(names)))
    for i, column in enumerate(chosen.T):
        expected = a * column.sum() / n
        curve = x.T @ np.diag(expected) @ x + damping * np.eye(len(names))
        lifts[i] = np.linalg.solve(curve, x.T @ (column - expected))
    return lifts, mean


def gibbs_row(z, weights, others, precision, prior, own, noise):
    """A draw of (b, t) given the others' (c, q), in float64; and what it leaves of z."""
    a = np.array(others, np.float64)
    a[:, 0] = 1
    matrix = np.array(precision, np.float64)
    right = matrix @ prior
    for a_j, c_j, w_j, z_j in zip(a, others[:, 0], weights, z, strict=True):
        matrix = matrix + own * w_j * np.outer(a_j, a_j)
        right = right + own * w_j * (z_j - c_j) * a_j
    lower = np.linalg.cholesky(matrix)
    x = np.linalg.solve(lower.T, np.linalg.solve(lower, right) + noise)
    return x, np.array(
        [z_j - c_j - a_j @ x for a_j, c_j, z_j in zip(a, others[:, 0], z, strict=True)]
    )


def rests_on(own, others, predicted, scale, spread):
    """What a prediction rests on: columns of `evaluation.intervals`, without a deviation."""
    mean = sum(own) / len(own) if own else 0.0
    squares = sum((value - mean) ** 2 for value in own)
    damped = math.sqrt((squares + 5 * spread**2) / (len(own) + 5))
    place = (float(predicted) - scale[0]) / (scale[1] - scale[0])
    counts = [1 / math.sqrt(1 + len(own)), 1 / math.sqrt(1 + others)]
    return [math.log(damped), *counts, place, place**2]


def expected_errors(rows, off, guess):
    """exp(w . x) that minimizes sum log error + off / error, and a penalty on w."""
    from scipy.optimize import minimize

    centered = rows - rows.mean(axis=0)
    off = np.maximum(off, 1e-3 * guess)
    penalty = 30 * centered.var(axis=0)

    def loss(w):
        log = w[0] + centered @ w[1:]
        return (log + off * np.exp(-log)).sum() + 0.5 * (penalty * w[1:] ** 2).sum()

    w = np.zeros(rows.shape[1] + 1)
    w = minimize(loss, w, method="BFGS", options={"gtol": 1e-6, "maxiter": 2000}).x
    return np.exp(w[0] + centered @ w[1:])


def conformal_scores(actual, predicted, error, scale, step, sure):
    """Distances in units of the expected error; 0 where the rating is one of the `sure` nearest."""
    scores = []
    for r, p, e in zip(actual, predicted, error, strict=True):
        steps = np.arange(scale[0], scale[1] + step / 2, step)
        nearest = sorted(steps, key=lambda s: abs(s - p))[:sure]
        scores.append(0.0 if r in nearest else abs(r - p) / e)
    return scores


def conformal_quantile(scores, share):
    """The ceil((n + 1) share)-th smallest."""
    return sorted(scores)[min(math.ceil((len(scores) + 1) * share), len(scores)) - 1]


def moods(weights, sums, phi, v, g):
    """Of the pages of one person the means of s and g, and the covariance of s, by inversion."""
    pages = np.arange(len(weights))
    prior = v * phi ** np.abs(pages[:, None] - pages)
    seen = np.diag(g + 1 / weights)
    gain = prior @ np.linalg.inv(prior + seen)
    s = gain @ (sums / weights)
    own = g / (g + 1 / weights) * (sums / weights - s)
    return s, own, prior - gain @ prior


def tree_sum(row, nodes, width, base):
    """`base` and what each tree predicts for one row, tree by tree: a walk from its root."""
    total = base
    for root in nodes.roots:
        node = root
        while nodes.child[node] != node:
            missing_left, column = divmod(int(nodes.column[node]), width)
            value = row[column]
            left = missing_left if np.isnan(value) else value <= nodes.threshold[node]
            node = nodes.child[node] + (0 if left else 1)
        total += nodes.value[node]
    return total


def rating_features(ratings, pool, held, row, genres, damping=5.0):
    """Of one rating, from `pool`, the (user, item, value, time) that count for it.

    `held` gives the (count, mean) that a rating is held against: ("user" or "item", rating) in,
    None where there is nothing. Recent values are of `ratings` of an earlier time.
    """
    user, item, _, now = row
    mean = np.mean([r[2] for r in pool]) if pool else np.nan

    def trusted(side, rating):
        count, other = held(side, rating) or (0, 0.0)
        return count / (count + damping), rating[2] - other

    found = {}
    for name, place, side in (("user", 0, "item"), ("movie", 1, "user")):
        own = [r for r in pool if r[place] == row[place]]
        values = [r[2] for r in own]
        every = [r for r in ratings if r[place] == row[place]]
        # A person's ratings of one time stand in order of items, a movie's in that of rows.
        every.sort(key=lambda r, place=place: (r[3], r[1] * (place == 0)))
        last = [r[2] for r in every if r[3] < now][-5:]
        apart = [trusted(side, r) for r in own]
        weight = sum(w for w, _ in apart)
        found |= {
            f"{name}_count": len(own),
            f"{name}_mean": np.mean(values) if own else np.nan,
            f"{name}_spread": np.std(values, ddof=1) if len(own) > 1 else np.nan,
            f"{name}_recent": np.mean(last) if last else np.nan,
            f"{name}_damped_mean": (sum(values) + damping * mean) / (len(own) + damping),
            f"{name}_deviation": sum(w * d for w, d in apart) / (weight + damping),
            f"{name}_days": max(now - every[0][3], 0) / 86_400 if every else np.nan,
        }
    found["baseline"] = found["movie_damped_mean"] + found["user_deviation"]
    likes = []
    for g in np.flatnonzero(genres[item]):
        apart = [trusted("item", r) for r in pool if r[0] == user and genres[r[1], g]]
        total = sum(w for w, _ in apart)
        summed = sum(w * d for w, d in apart) - found["user_deviation"] * total
        likes.append(summed / (total + damping))
    found["genre_affinity"] = np.mean(likes) if likes else np.nan
    return found


def mean_before(row, group, times, values, wanted):
    """Mean of the last `wanted` of the row's group that have an earlier time; of one time the
    higher row is the later."""
    earlier = [r for r in range(len(group)) if group[r] == group[row] and times[r] < times[row]]
    last = sorted(earlier, key=lambda r: (times[r], r))[-wanted:]
    return np.mean([values[r] for r in last]) if last else np.nan


def gini_of_counts(counts):
    """Half the mean difference of all pairs, over the mean."""
    mean = np.mean(counts)
    return np.mean([abs(a - b) for a in counts for b in counts]) / (2 * mean)


def variance_between(groups, values):
    """1 - variance within groups / variance of all, each by its degrees of freedom; at least 0."""
    total = sum((v - np.mean(values)) ** 2 for v in values) / (len(values) - 1)
    within = 0.0
    for group in set(groups):
        own = [v for g, v in zip(groups, values, strict=True) if g == group]
        within += sum((v - np.mean(own)) ** 2 for v in own)
    return max(0.0, 1 - within / (len(values) - len(set(groups))) / total)


def person_times(users, times, edges):
    """user -> (first, last, ratings, sessions); people by period; pauses of 0 s, and under 60 s."""
    people, active, same, within = {}, [set() for _ in edges[1:]], 0, 0
    for user in sorted(set(users)):
        own = sorted(t for u, t in zip(users, times, strict=True) if u == user)
        pauses = [b - a for a, b in itertools.pairwise(own)]
        same += pauses.count(0)
        within += len([p for p in pauses if p < 60])
        sessions = 1 + len([p for p in pauses if p > 1800])
        people[user] = (own[0], own[-1], len(own), sessions)
        for t in own:
            active[max(i for i in range(len(edges) - 1) if edges[i] <= t)].add(user)
    return people, [len(found) for found in active], same, within


def recall_capped(recommended, relevant, k):
    found = len(set(recommended[:k]) & relevant)
    return found / min(k, len(relevant)) if relevant else None


def average_precision(recommended, relevant, k):
    if not relevant:
        return None
    first = recommended[:k]
    precisions = [
        len(set(first[: rank + 1]) & relevant) / (rank + 1)
        for rank, item in enumerate(first)
        if item in relevant
    ]
    return sum(precisions) / min(k, len(relevant))


def reciprocal_rank(recommended, relevant, k):
    if not relevant:
        return None
    ranks = [rank for rank, item in enumerate(recommended[:k], start=1) if item in relevant]
    return 1 / ranks[0] if ranks else 0


def hit_rate(recommended, relevant, k):
    return float(bool(set(recommended[:k]) & relevant)) if relevant else None


def auc(scores, masked, relevant):
    """Pair by pair; a score of NaN is one of -inf."""
    scores = [-np.inf if np.isnan(s) else s for s in scores]
    others = set(range(len(scores))) - masked - relevant
    won = [
        0.5 if scores[i] == scores[j] else float(scores[i] > scores[j])
        for i in relevant - masked
        for j in others
    ]
    return np.mean(won) if won else None


def described(items, chosen, hits, features):
    """(novelty, popularity, serendipity, diversity) of one list; `chosen` people x items."""
    people, counts = (chosen.any(axis=1)).sum(), chosen.sum(axis=0)
    n = chosen.shape[1]
    better = [len({c for c in counts if c > counts[i]}) + 1 if counts[i] else n + 1 for i in items]
    surprise = [
        max(0, (better[r] - (r + 1)) / n) if item in hits else 0 for r, item in enumerate(items)
    ]
    traits = [features[i] / np.linalg.norm(features[i]) for i in items if features[i].any()]
    apart = [1 - a @ b for place, a in enumerate(traits) for b in traits[:place]]
    return [
        np.mean(each) if len(each) else None
        for each in (
            [-np.log2(max(counts[i], 1) / people) for i in items],
            [counts[i] / people for i in items],
            surprise,
            apart,
        )
    ]


def miscalibration(items, known, genres):
    def proportions(of):
        each = [genres[i] / genres[i].sum() for i in of if genres[i].any()]
        return np.mean(each, axis=0) if each else None

    p, q = proportions(known), proportions(items)
    if p is None or q is None:
        return None
    return sum(a * np.log(a / (0.99 * b + 0.01 * a)) for a, b in zip(p, q, strict=True) if a > 0)


def paired_rmse(first, second, ratings, draws, seed):
    """(difference of RMSE, 2.5 % and 97.5 % quantile, p) of people drawn with replacement."""
    generator = np.random.default_rng(seed)
    n = len(ratings)

    def difference(people):
        count = sum(ratings[p] for p in people)
        one, other = (sum(of[p] for p in people) / count for of in (first, second))
        return one**0.5 - other**0.5

    observed = difference(range(n))
    found = [difference(generator.integers(0, n, n, dtype=np.int32)) for _ in range(draws)]
    extreme = [d for d in found if abs(d - observed) >= abs(observed) - 1e-12]
    low, high = np.quantile(found, [0.025, 0.975])
    differing = sum(a != b for a, b in zip(first, second, strict=True))
    least = min(1.0, 2.0 / 2.0**differing)
    return observed, low, high, max(least, (1 + len(extreme)) / (1 + draws))


def holm(p_values):
    """Holm's correction, pair by pair: the strictest of what each smaller one asks for."""
    m, ordered = len(p_values), sorted(p_values)
    strictest = [max(min(1, (m - i) * ordered[i]) for i in range(j + 1)) for j in range(m)]
    return [strictest[ordered.index(p)] for p in p_values]
