"""The Bayesian factorization machine that is also told which pairs it will be asked for."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array

from matinee.interactions import Interactions, sorted_csr
from matinee.models.bayes_fm import BayesFM


class BayesFMTransductive(BayesFM):
    """bayes_fm that sees which test pairs exist: who will be asked for what, but no rating.

    N(u) and N(i) hold the asked pairs beside those of training. That somebody rates a movie at
    all says how they like it, so the figures are better than those of any model that has to
    predict before that is known: it is for comparison with published figures only. Without
    ``asked`` it is bayes_fm.

    Source: Rendle, Zhang and Koren 2019 (features of all pairs, test pairs among them).
    """

    transductive = True

    def _told(self, train: Interactions) -> csr_array:
        if self._asked is None:
            return train.matrix
        users = np.concatenate([train.user_index, self._asked.user_index])
        items = np.concatenate([train.item_index, self._asked.item_index])
        ones = np.ones(len(users), np.float32)
        return sorted_csr(csr_array((ones, (users, items)), shape=train.matrix.shape))
