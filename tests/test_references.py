"""Every row of docs/from-the-references.md is "not yet", or is exercised by a test named here."""

from __future__ import annotations

import pkgutil
import re

import pytest
from documents import ROOT, rows, spans, text_of

PAGE = "docs/from-the-references.md"

TESTS = {
    "fetch a set": "data/test_download.py::test_a_download_goes_on_where_it_stopped",
    "ratings of your own": "data/test_import.py::"
    "test_every_kind_of_bad_row_is_told_with_line_column_and_reason",
    "links to IMDb and TMDB": "data/test_metadata.py::test_movie_110_is_braveheart",
    "metadata of movies: overview, keywords, revenue, dates": "data/test_metadata.py::"
    "test_metadata_beside_ratings_and_alone",
    "two sets of ratings in one": "data/test_merging.py::test_users_apart_and_items_together",
    "cleaning": "data/test_filters.py::test_what_each_filter_leaves",
    "facts about a set": "data/test_describe.py::test_people_and_folds",
    "histograms of ratings and of ratings a person": "report/test_explore.py::"
    "test_every_word_and_every_plot_stands_there",
    "plots of people, by gender, age, occupation": "exploring/test_overview.py::"
    "test_people_of_ml_100k",
    "exploration, and a model built and judged, as notebooks": "test_examples.py::"
    "test_a_model_built_and_judged",
    "genres and years": "features/test_side.py::test_items",
    "tags": "references/test_rows.py::test_tags_are_features",
    "vectors of titles and texts": "features/test_words.py::test_texts_years_and_keywords",
    "people: age, gender, occupation, zip": "features/test_side.py::test_people",
    "rating features: counts, means, weekday, genres": "features/test_ratings.py::"
    "test_both_engines_agree",
    "leaks found": "features/test_doctor.py::test_the_leak_of_movie_time_is_found",
    "person x movie matrix": "features/test_matrices.py::test_ratings_and_likes",
    "person x genre matrix": "features/test_matrices.py::test_genres_of_real_people",
    "clusters of movies": "references/test_rows.py::test_movies_are_not_grouped_by_their_number",
    "clusters of people by k-means": "references/test_rows.py::"
    "test_people_are_grouped_by_what_they_like",
    "spectral clusters of people": "references/test_rows.py::"
    "test_people_are_grouped_by_spectral_clustering",
    "elbow, differences with a boundary, a scan in parts": "references/test_rows.py::"
    "test_a_scan_goes_on",
    "silhouette by k": "references/test_rows.py::test_a_scan_says_that_there_is_no_structure",
    "plots of clusters": "references/test_rows.py::test_a_map_of_clusters",
    "repair of small clusters": "references/test_rows.py::test_repair_keeps_counts_exact",
    "tables of clusters": "references/test_rows.py::test_titles_people_and_clusters_of_a_title",
    "a new favorite counts at once": "references/test_way_of_001.py::test_a_new_favorite",
    "factorization by ALS, MLE and LS": "cli/test_factorize.py::test_figures_by_epoch_and_a_folder",
    "regressors of ratings, compared over a grid": "regressing/test_comparing.py::"
    "test_a_grid_tries_all_and_test_ratings_judge_the_best_once",
    "models compared fairly": "comparing/test_running.py::"
    "test_settings_come_from_validation_ratings_of_the_same_repeat",
    "plots of regressors": "regressing/test_comparing.py::test_the_report_is_one_safe_file",
    "how sure a predicted rating is": "evaluation/test_intervals.py::"
    "test_intervals_hold_what_they_promise_of_ratings_that_nobody_learned_from",
    "search by title": "titles/test_index.py::test_search",
    "search that forgives typos": "titles/test_index.py::test_misspelt_titles_among_62_423",
    "a title to the best movies of its cluster": "references/test_rows.py::"
    "test_the_best_of_a_titles_cluster",
    "a title to movies alike": "test_engine.py::test_similar",
    "what fans of a movie like beside it": "models/test_fans.py::"
    "test_what_fans_of_known_movies_like_on_ml_100k",
    "a person to unseen movies, by the counts of the cluster": "references/test_rows.py::"
    "test_recommendations_of_a_cluster",
    "people like you, by profile": "models/test_people.py::"
    "test_a_profile_alone_leads_to_what_such_people_like",
    "the three ways in one list": "models/test_three_ways.py::"
    "test_reasons_of_all_ways_the_best_of_each_first",
    "the same, ordered by predicted rating": "models/test_hybrid.py::"
    "test_lists_hold_candidates_first_and_then_the_rest",
    "somebody new, by profile and liked titles": "test_engine.py::"
    "test_recommends_for_titles_and_profiles_and_stores_nothing",
    "saved models": "storage/test_archive.py::test_every_model_comes_back_bit_for_bit",
    "what one must know of a saved model": "test_cards.py::test_every_trained_model_has_a_card",
    "specs, written by each stage and checked by the next": "data/test_merging.py::"
    "test_a_merged_set_in_a_workspace",
    "database of ratings, people and movies": "storage/test_store.py::"
    "test_an_import_keeps_the_data_sets_order_and_everything_it_tells",
    "REST: movies for a title or a person, ratings, clusters, an index page": "references/"
    "test_rows.py::test_rest",
    "REST: metadata of a movie": "service/test_title_routes.py::test_metadata",
    "command line": "test_docs.py::test_every_command_and_option_is_in_the_reference",
    "tests": "contracts/test_every_model.py::test_learns_taste",
    "001: list of users": "references/test_way_of_001.py::test_users",
    "001: movies of each user": "references/test_way_of_001.py::test_movies_of_each_user",
    "001: binary matrix with feature names": "references/test_way_of_001.py::test_binary_matrix",
    "001: the matrix as a labeled DataFrame": "references/test_way_of_001.py::test_labeled_frame",
    "001: WCSS by k": "references/test_way_of_001.py::test_wcss",
    "001: differences of WCSS, within a boundary": "references/test_way_of_001.py::"
    "test_differences",
    "001: plots of both": "references/test_way_of_001.py::test_plots",
    "001: users_cluster [userId, Cluster]": "references/test_way_of_001.py::test_tables",
    "001: clusters_movies [movieId, Count]": "references/test_way_of_001.py::test_tables",
    "001: repair of any assignment": "references/test_way_of_001.py::test_repair",
    "001: save and load both tables": "references/test_way_of_001.py::test_save_and_load",
    "001: a user's movies": "references/test_way_of_001.py::test_movies_of_a_user",
    "001: a new favorite": "references/test_way_of_001.py::test_a_new_favorite",
    "001: recommendations": "references/test_way_of_001.py::test_recommendations",
}
"""By row, the test that exercises it."""


def page_rows() -> dict[str, str]:
    """What each row says is done here."""
    found = [r for r in rows(text_of(PAGE)) if len(r) == 3 and r[0] != "what"]
    assert len({name for name, *_ in found}) == len(found)
    return {name: here for name, _, here in found}


def test_every_row_is_not_yet_or_has_a_test():
    done = [name for name, here in page_rows().items() if here != "not yet"]
    assert list(TESTS) == done
    assert len(done) > 40


@pytest.mark.parametrize("named", sorted(set(TESTS.values())))
def test_tests_of_rows_are_there(named):
    file, _, name = named.partition("::")
    assert f"\ndef {name}(" in (ROOT / "tests" / file).read_text("utf-8")


@pytest.mark.parametrize(
    ("page", "at_least"),
    [(PAGE, 20), ("docs/clusters.md", 3), ("docs/predicting-ratings.md", 3)],
)
def test_python_that_the_pages_name_is_there(page, at_least):
    named = {s for s in spans(text_of(page)) if re.fullmatch(r"matinee(\.\w+)+", s)}
    assert len(named) >= at_least
    for name in named:
        found = pkgutil.resolve_name(name)
        assert found is not None, name
