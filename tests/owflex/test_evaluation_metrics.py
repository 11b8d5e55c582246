"""The figures, against values computed by hand."""

import math

import numpy as np
import pytest

from owflex.evaluation.comparison import compare
from owflex.evaluation.errors import EvaluationError
from owflex.evaluation.measurement import Measured, Measurement, summarize
from owflex.evaluation.metrics import mean_interval, ndcg, ranking_metrics, recall, reciprocal_rank
from owflex.evaluation.thresholds import average_precision, detect, roc_auc, threshold_curve


def flags(marks: str) -> "np.typing.NDArray[np.bool_]":
    return np.array([mark == "+" for mark in marks])


def question(number: int, rank: int | None, *, answerable: bool = True, confidence: float = 0.5) -> Measured:
    ranked = ["other"] * 10
    if rank is not None:
        ranked[rank - 1] = "right"
    metrics = ranking_metrics(ranked, {"right": 1.0}) if answerable else None
    return Measured(str(number), f"question {number}", answerable, metrics, confidence, confidence)


def measurement(*questions: Measured) -> Measurement:
    return Measurement("hybrid", "model", list(questions))


def test_recall_is_the_share_of_the_expected_documents_that_was_found() -> None:
    assert recall([0, 2, 0, 1, 0, 3], 5, expected=3) == pytest.approx(2 / 3)
    assert recall([], 5, expected=1) == 0


def test_the_reciprocal_rank_is_that_of_the_first_expected_document() -> None:
    assert reciprocal_rank([0, 0, 1, 1], 10) == pytest.approx(1 / 3)
    assert reciprocal_rank([0] * 10 + [1], 10) == 0


def test_ndcg_takes_the_score_itself_as_gain() -> None:
    # 3/log2(2) + 1/log2(4) of 3/log2(2) + 2/log2(3) + 1/log2(4)
    assert ndcg([3, 0, 1], [1, 2, 3], 10) == pytest.approx((3 + 0.5) / (3 + 2 / math.log2(3) + 0.5))
    assert ndcg([1, 2, 3], [1, 2, 3], 1) == pytest.approx(1 / 3)


def test_all_ranking_metrics_of_one_question() -> None:
    assert ranking_metrics(["b", "a"], {"a": 1.0}) == {
        "recall@1": 0.0,
        "recall@5": 1.0,
        "recall@10": 1.0,
        "mrr@10": 0.5,
        "ndcg@10": pytest.approx(1 / math.log2(3)),
    }


def test_average_precision_is_the_precision_at_every_positive_one() -> None:
    # Positives at ranks 1 and 3: (1/1 + 2/3) / 2
    assert average_precision(flags("+-+-"), np.array([0.9, 0.8, 0.7, 0.6])) == pytest.approx(5 / 6)


def test_equal_scores_are_one_step_whatever_their_order() -> None:
    scores = np.array([0.5, 0.5, 0.5, 0.1])
    for marks in ("+---", "-+--", "--+-"):
        assert average_precision(flags(marks), scores) == pytest.approx(1 / 3)
        assert roc_auc(flags(marks), scores) == pytest.approx(2 / 3)


def test_roc_auc_is_the_share_of_pairs_in_the_right_order() -> None:
    assert roc_auc(flags("+-+-"), np.array([0.9, 0.8, 0.7, 0.6])) == pytest.approx(3 / 4)


def test_the_curve_has_one_point_for_every_score() -> None:
    points = threshold_curve(flags("+-+"), np.array([0.9, 0.6, 0.3]))
    assert [(point.precision, point.recall) for point in points] == [
        (1, 0.5),
        (0.5, 0.5),
        (pytest.approx(2 / 3), 1),
    ]
    assert [point.threshold for point in points] == pytest.approx([0.75, 0.45, 0.3])


def test_the_recommended_threshold_lies_between_the_two_classes() -> None:
    found = detect(flags("+++---"), np.array([0.9, 0.8, 0.7, 0.3, 0.2, 0.1]))
    assert found is not None
    assert (found.best_f1, found.roc_auc, found.average_precision) == (1, 1, 1)
    assert found.threshold.value == pytest.approx(0.5)
    assert 0.1 <= found.threshold.low <= 0.5 <= found.threshold.high <= 0.9


def test_questions_of_one_class_have_nothing_to_be_told_apart_from() -> None:
    assert detect(flags("+++"), np.array([0.9, 0.8, 0.7])) is None


def test_the_interval_holds_the_mean_and_is_the_same_every_time() -> None:
    values = [0.0, 1.0] * 50
    interval = mean_interval(values)
    assert interval.value == 0.5
    # The standard error of the mean is .05.
    assert interval.low == pytest.approx(0.4, abs=0.03)
    assert interval.high == pytest.approx(0.6, abs=0.03)
    assert mean_interval(values) == interval


def test_unanswerable_questions_do_not_count_for_the_ranking() -> None:
    summary = summarize(measurement(question(1, 1), question(2, 2), question(3, None, answerable=False)))
    assert summary.metrics["recall@1"].value == 0.5
    assert summary.metrics["mrr@10"].value == 0.75


def test_a_planted_regression_is_found_and_the_same_figures_are_none() -> None:
    before = measurement(*(question(number, 1) for number in range(60)))
    after = measurement(*(question(number, 1 if number % 3 else 4) for number in range(60)))
    worse = compare(before, after)
    assert worse.worse
    assert {row.metric for row in worse.differences if row.worse} == {"recall@1", "mrr@10", "ndcg@10"}
    assert not compare(before, before).worse
    assert not compare(after, before).worse


def test_one_question_that_became_worse_may_be_chance() -> None:
    before = measurement(*(question(number, 1) for number in range(60)))
    after = measurement(*(question(number, 2 if number == 7 else 1) for number in range(60)))
    assert not compare(before, after).worse


def test_confidence_that_tells_the_classes_apart_no_more_is_worse() -> None:
    def asked(high: float) -> Measurement:
        known = [question(number, 1, confidence=high) for number in range(40)]
        unknown = [question(number + 40, None, answerable=False, confidence=0.4) for number in range(40)]
        return measurement(*known, *unknown)

    worse = {row.metric for row in compare(asked(0.9), asked(0.4)).differences if row.worse}
    assert worse == {"average precision", "ROC AUC"}


def test_only_questions_of_both_measurements_are_compared() -> None:
    before = measurement(question(1, 1), question(2, 1), question(3, 1))
    after = measurement(question(2, 1), question(3, None, answerable=False), question(4, 1))
    comparison = compare(before, after)
    assert (comparison.shared, comparison.only_before, comparison.only_now) == (1, 2, 2)
    with pytest.raises(EvaluationError, match="no question in common"):
        compare(measurement(question(1, 1)), measurement(question(2, 1)))
