"""A report of `owflex evaluate`, as the service shows it."""

from typing import Any


def a_report() -> dict[str, Any]:
    """A report of `owflex evaluate`."""
    points = [step / 20 for step in range(20, -1, -1)]
    curve = [
        {"threshold": at, "precision": 0.5 + at / 2, "recall": 1 - at * at, "f1": 0.9 - abs(at - 0.4)}
        for at in points
    ]
    detection = {
        "average_precision": 0.93,
        "roc_auc": 0.88,
        "threshold": {"value": 0.41, "low": 0.35, "high": 0.52},
        "best_f1": 0.9,
        "precision": 0.86,
        "recall": 0.94,
        "curve": curve,
    }
    counts = {
        "edges": [step / 20 for step in range(21)],
        "answerable": [0, 0, 0, 0, 0, 1, 1, 2, 4, 6, 8, 7, 5, 4, 2, 1, 0, 0, 0, 0],
        "unanswerable": [0, 1, 2, 4, 5, 3, 2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    }
    interval = {"value": 0.84, "low": 0.76, "high": 0.91}
    return {
        "measured_at": "2026-11-20T08:00:00Z",
        "mode": "hybrid",
        "model": "all-MiniLM-L6-v2",
        "collection": None,
        "test_set": False,
        "questions": 60,
        "answerable": 41,
        "metrics": dict.fromkeys(("recall@1", "recall@5", "mrr@10", "ndcg@10"), interval),
        "in_documents": {
            "positive_class": "answerable",
            "by_confidence": detection,
            "by_similarity": detection | {"average_precision": 0.81},
        },
        "histograms": {"confidence": counts, "similarity": counts},
    }
