"""Movies alike what one likes: by genres, years, tags, keywords, texts, and who likes them."""

from __future__ import annotations

from typing import cast

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array, hstack

from matinee import content
from matinee.clustering.vectors import co_choice, unit_rows
from matinee.content import SENTENCE, YEAR, Block
from matinee.hyperparameters import parameter
from matinee.interactions import Float32, Int32, Interactions, SideInformation, sorted_csr
from matinee.kernels.threads import exclusive
from matinee.model import Model, State
from matinee.progress import Progress
from matinee.ranking import Product, Reason

_CO_CHOICE = "collaborative"
_OWN = 3.0
"""Choices from which on what was chosen says more of an item than its traits do."""
_RIDGE = 1.0
"""Of what traits let one expect; rows of traits have length one."""
_TURNS = 2
"""Of the search for co-choice vectors: more take longer, and make no better lists."""
_TOLD = 10
"""Choices that two items must each have for it to be said that the same people like them. Of pairs
of near items of MovieLens sets (100K, 1M, latest-small) of which it is said, 0.3 % at most have
nobody in common then; without it, 38 to 64 %."""
_REASONS = 3
_PHRASES = 3
_WORDS = 3
_MATTERS = 0.1
"""Share of a likeness from which on a block is named."""
_SAID = {
    "genre": "both {}",
    "tag": "both tagged {}",
    "keyword": "both about {}",
    "title": "{} in both titles",
    "overview": "both speak of {}",
    "genome": "both known as {}",
}
"""How the words that two items share are said."""


_BLOCKS = (YEAR, *_SAID, SENTENCE)


class Alike(Model):
    """Ranks items by how alike they are to what somebody chose, popular ones sooner.

    ``score(u, i) = n_u / (n_u + damping) * (mean of v_j over the choices j of u - m) . v_i
    + popularity * log(1 + n_i)``, with n_u and n_i choices of u and i, v unit vectors, and m the
    mean of v_j over everybody's choices. Who chose nothing gets what is popular.

    v_i is made of blocks of length one, each times the root of its weight, and then of length one
    itself: so a cosine is a mean of the blocks' cosines, by weight, and a block that one item lacks
    says nothing. Words are weighed by TF-IDF; of more than `dimensions` the leading singular
    directions are kept. Years are alike by exp(-(years apart)^2 / 64). The collaborative block is
    spectral co-choice (see item_clusters). Its vector, and log(1 + n_i), are mixed with what
    traits let one expect, by ridge regression, as if from three choices: an item that nobody
    has chosen yet is ranked by its traits alone, and one of which nothing at all is known by the
    mean of log(1 + n_i). Source: Salton, Buckley 1988 (TF-IDF);
    Deerwester et al. 1990 (singular directions).
    """

    task = "ranking"

    genre: float = parameter(1.0, "weight of genres", low=0, search=(0.0, 3.0))
    year: float = parameter(0.7, "weight of the year", low=0, search=(0.0, 3.0))
    tag: float = parameter(1.0, "weight of tags", low=0, search=(0.0, 3.0))
    keyword: float = parameter(0.7, "weight of keywords", low=0, search=(0.0, 3.0))
    title: float = parameter(0.3, "weight of words of the title", low=0, search=(0.0, 3.0))
    overview: float = parameter(0.5, "weight of words of the overview", low=0, search=(0.0, 3.0))
    genome: float = parameter(1.0, "weight of the tag genome", low=0, search=(0.0, 3.0))
    sentence: float = parameter(
        0.0, "weight of what title and overview mean (extra `text`)", low=0, search=(0.0, 3.0)
    )
    collaborative: float = parameter(3.0, "weight of who chose an item", low=0, search=(0.0, 10.0))
    dimensions: int = parameter(
        128, "numbers of a block of words or choices, at most", low=1, high=4096, search=(16, 256)
    )
    popularity: float = parameter(
        0.08, "of the logarithm of popularity, in cosines", low=0, search=(0.02, 0.4)
    )
    damping: float = parameter(
        4.0, "choices like everybody's that each person is given", low=0, search=(0.2, 20.0)
    )
    seed: int = parameter(0, "of singular vectors", low=0, high=2**32 - 1)

    items_: Float32
    """(n_items, d + 1) float32: unit vectors, zero where nothing is known, and beside them
    log(1 + n_i), mixed with what is expected."""
    everybody_: Float32
    """(d,) float32: m."""
    blocks_: npt.NDArray[np.str_]
    block_ends_: Int32
    """(blocks,) Where each block ends in d."""
    words_: csr_array
    """(n_items, w) CSR float32: TF-IDF of every word, each block in rows of length one."""
    word_blocks_: npt.NDArray[np.int8]
    """(w,) position in `blocks_`."""
    word_text_: npt.NDArray[np.uint8]
    """The w words in UTF-8, one after the other."""
    word_ends_: Int32
    """(w,) Where each of them ends."""

    @property
    def vectors_(self) -> Float32:
        """(n_items, d) float32 unit vectors, a view."""
        return self.items_[:, :-1]

    def _fit(self, train: Interactions, side: SideInformation, progress: Progress) -> None:
        steps = 3
        progress("fitting alike", 0, steps)
        weights = {
            name: value for name, value in self.parameters.items() if name in _BLOCKS and value > 0
        }
        made = content.blocks(side, weights, self.dimensions, self.seed)
        progress("fitting alike", 1, steps)
        traits = _beside([(weights[b.name], b.vectors) for b in made], train.n_items)
        names = [b.name for b in made]
        widths = [b.vectors.shape[1] for b in made]
        chosen = np.zeros((train.n_items, 0), np.float32)
        if self.collaborative > 0:
            chosen = co_choice(train.matrix, self.dimensions, self.seed, _TURNS)
            names.append(_CO_CHOICE)
            widths.append(chosen.shape[1])
        progress("fitting alike", 2, steps)
        popular = np.log1p(self.item_count_).astype(np.float32)
        chosen, popular = _expected(unit_rows(traits), chosen, popular, self.item_count_)
        vectors = unit_rows(_beside([(1.0, traits), (self.collaborative, chosen)], train.n_items))
        self.items_ = np.hstack([vectors, popular[:, np.newaxis]])
        self.blocks_ = np.array(names, dtype=np.str_)
        self.block_ends_ = np.cumsum(widths, dtype=np.int32)
        with exclusive():
            share = (self.item_count_ / self.item_count_.sum()).astype(np.float32)
            self.everybody_ = share @ vectors
        self._keep_words(made, train.n_items)
        self.people_ = train.matrix
        progress("fitting alike", steps, steps)

    def _keep_words(self, made: list[Block], n_items: int) -> None:
        nothing = csr_array((n_items, 0), dtype=np.float32)
        self.words_ = sorted_csr(hstack([nothing, *(b.words for b in made)], format="csr"))
        of_block = [np.full(len(b.names), at, np.int8) for at, b in enumerate(made)]
        self.word_blocks_ = np.concatenate([np.zeros(0, np.int8), *of_block])
        encoded = [name.encode() for b in made for name in b.names]
        self.word_text_ = np.frombuffer(b"".join(encoded), np.uint8).copy()
        self.word_ends_ = np.cumsum([len(e) for e in encoded], dtype=np.int32)

    def _fold_in(self, history: csr_array, profiles: csr_array | None) -> State:
        return history

    def _product(self, state: State) -> Product:
        history = cast(csr_array, state)
        choices = np.diff(history.indptr).astype(np.float32)[:, np.newaxis]
        ones = np.ones(len(history.indices), np.float32)
        who = csr_array((ones, history.indices, history.indptr), shape=history.shape)
        people = np.asarray(who @ self.items_, np.float32)
        people[:, :-1] -= choices * self.everybody_
        people /= np.maximum(choices + np.float32(self.damping), np.float32(1e-9))
        people[:, -1] = self.popularity
        return Product(people, self.items_)

    def _item_vectors(self) -> Float32:
        return self.vectors_

    def _shapes(self) -> dict[str, tuple[int, ...]]:
        words = self.word_ends_.shape
        return {
            "items_": (self.n_items, len(self.everybody_) + 1),
            "block_ends_": self.blocks_.shape,
            "words_": (self.n_items, *words),
            "word_blocks_": words,
        }

    # ---- reasons ------------------------------------------------------------------------

    def _explain(self, history: csr_array, state: State, item: int) -> list[Reason]:
        """The score is a sum over the history: ``(v_j - m) . v_i / (n_u + damping)`` for item j."""
        yours, own = history.indices, self.vectors_[item]
        if not len(yours):
            return super()._explain(history, state, item)
        share = (self.vectors_[yours] - self.everybody_) @ own / (len(yours) + self.damping)
        share[yours == item] = 0  # that something is like itself is no reason
        strongest = np.argsort(-share, kind="stable")[:_REASONS]
        reasons = [
            Reason("rated", float(share[j]), int(yours[j]), self.shared(int(yours[j]), item))
            for j in strongest.tolist()
            if share[j] > 0
        ]
        return reasons or super()._explain(history, state, item)

    def shared(self, one: int, other: int) -> str:
        """In words, what two items have in common, the strongest first.

        A block is named by its share in their cosine, and of a block those words that add most to
        its TF-IDF cosine.
        """
        both = np.split(self.vectors_[one] * self.vectors_[other], self.block_ends_[:-1])
        share = np.array([part.sum() for part in both])
        total = share[share > 0].sum()
        phrases = []
        for at in np.argsort(-share, kind="stable").tolist():
            if not share[at] > _MATTERS * total:
                break
            phrase = self._phrase(at, one, other)
            if phrase:
                phrases.append(phrase)
        return ", ".join(phrases[:_PHRASES])

    def _phrase(self, block: int, one: int, other: int) -> str:
        name = str(self.blocks_[block])
        if name == _CO_CHOICE:
            # Of what few chose, the vector is mostly what traits let one expect of it.
            fewest = min(self.item_count_[one], self.item_count_[other])
            return "liked by the same people" if fewest >= _TOLD else ""
        if name == SENTENCE:
            return "described alike"
        mine, yours = self._row(one, block), self._row(other, block)
        if name == YEAR:
            return _in_years(sorted({self._word(word) for word in (*mine, *yours)}))
        common = sorted(mine.keys() & yours.keys(), key=lambda w: (-mine[w] * yours[w], w))
        said = _listed([self._word(word) for word in common[:_WORDS]])
        return _SAID[name].format(said) if common else ""

    def _row(self, item: int, block: int) -> dict[int, float]:
        """Words of an item in a block, and their TF-IDF."""
        start, stop = self.words_.indptr[item : item + 2]
        words, weights = self.words_.indices[start:stop], self.words_.data[start:stop]
        of_block = self.word_blocks_[words] == block
        return dict(zip(words[of_block].tolist(), weights[of_block].tolist(), strict=True))

    def _word(self, word: int) -> str:
        start = self.word_ends_[word - 1] if word else 0
        return self.word_text_[start : self.word_ends_[word]].tobytes().decode()


def _beside(blocks: list[tuple[float, Float32]], rows: int) -> Float32:
    """Blocks beside each other, each times the root of its weight."""
    scaled = [np.float32(np.sqrt(weight)) * block for weight, block in blocks]
    return np.hstack([np.zeros((rows, 0), np.float32), *scaled])


def _expected(
    traits: Float32, chosen: Float32, popular: Float32, count: Int32
) -> tuple[Float32, Float32]:
    """Both as they are, mixed with what traits let one expect; that alone where `count` is 0.

    Parameters
    ----------
    traits : (n_items, t) float32 in rows of length one
    chosen : (n_items, d) float32
    popular : (n_items,) float32
    count : (n_items,) int32
        Choices of each item.
    """
    known = count > 0
    mean = popular[known].mean()
    targets = np.hstack([chosen, (popular - mean)[:, np.newaxis]])
    with exclusive():
        of_known = traits[known]
        gram = (of_known.T @ of_known).astype(np.float64)
        gram[np.diag_indices_from(gram)] += _RIDGE
        found = np.linalg.solve(gram, (of_known.T @ targets[known]).astype(np.float64))
        expected = traits @ found.astype(np.float32)
    own = (count / (count + _OWN)).astype(np.float32)[:, np.newaxis]
    mixed = own * targets + (1 - own) * expected
    return mixed[:, :-1], mixed[:, -1] + mean


def _in_years(years: list[str]) -> str:
    years = [f"the {year}" if year.endswith("s") else year for year in years]
    return f"both from {years[0]}" if len(years) == 1 else f"from {_listed(years)}"


def _listed(words: list[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
