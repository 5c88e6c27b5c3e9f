"""Trains churn.onnx: how likely a customer who bought in the last 180 days buys nothing in the next
90. `scripts/churn_model` fetches the purchases and what this needs, and runs it:

    churn.py CDNOW_master.txt churn.onnx

Beside it, in churn_baseline.csv, it says how the answers are spread over those it is judged by.

The purchases are those of 23,570 customers of the shop CDNOW in 1997 and 1998, as the package
lifetimes on PyPI ships them (MIT). What the model takes can be computed by a window of 180 days a
customer. It learns from half of the customers in 1997, and is judged by the other half in 1998.
"""
import sys
from collections import defaultdict
from datetime import date, timedelta

import numpy as np
import onnx
from onnx import TensorProto, helper
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.metrics import brier_score_loss, roc_auc_score
from sklearn.pipeline import make_pipeline

WINDOW, AHEAD = timedelta(days=180), timedelta(days=90)
# Days between the last purchase and the window's end; purchases; what they came to, in dollars.
INPUTS = ["recency", "frequency", "monetary"]
LEARNED = [date(1997, month, 1) for month in (7, 8, 9, 10)]
JUDGED = [date(1998, month, 1) for month in (1, 2, 3, 4)]


def purchases(path):
    """Days and dollars of each customer."""
    customers = defaultdict(list)
    with open(path) as file:
        next(file)  # the names of the columns
        for line in file:
            customer, day, _, dollars = line.split()
            at = date(int(day[:4]), int(day[4:6]), int(day[6:]))
            customers[int(customer)].append((at, float(dollars)))
    return customers


def examples(customers, ends):
    """One for each customer and window with a purchase in it."""
    rows, labels = [], []
    for end in ends:
        for bought in customers:
            seen = [(at, dollars) for at, dollars in bought if end - WINDOW <= at < end]
            if seen:
                recency = (end - max(at for at, _ in seen)).days
                rows.append([recency, len(seen), sum(dollars for _, dollars in seen)])
                labels.append(not any(end <= at < end + AHEAD for at, _ in bought))
    return np.array(rows, dtype=np.float32), np.array(labels)


def exported(model):
    """The model with an input for each column and one output: the probability."""
    ports = [(name, FloatTensorType([None, 1])) for name in INPUTS]
    options = {"zipmap": False}
    made = to_onnx(model, initial_types=ports, options=options, target_opset=17)
    graph = made.graph
    graph.initializer.append(helper.make_tensor("gone", TensorProto.INT64, [], [1]))
    graph.node.append(
        helper.make_node("Gather", ["probabilities", "gone"], ["probability"], axis=1)
    )
    del graph.output[:]
    graph.output.append(
        helper.make_tensor_value_info("probability", TensorProto.FLOAT, [None])
    )
    graph.name = "churn"
    onnx.checker.check_model(made)
    return made


def baseline(scores):
    """As `baseline:` of a model takes it: a tenth of the rows in each class, as far as that goes."""
    bounds = np.unique(np.quantile(scores, np.arange(0.1, 1, 0.1)).round(6))
    counts = np.bincount(np.searchsorted(bounds, scores), minlength=len(bounds) + 1)
    lines = [f"probability,{bound},{count}" for bound, count in zip([*bounds, ""], counts)]
    return "\n".join(["output,up_to,rows", *lines]) + "\n"


def main(source, target):
    customers = purchases(source)
    learned = examples([b for c, b in customers.items() if c % 2 == 0], LEARNED)
    judged = examples([b for c, b in customers.items() if c % 2 == 1], JUDGED)
    model = make_pipeline(
        ColumnTransformer([("all", "passthrough", list(range(len(INPUTS))))]),
        GradientBoostingClassifier(
            n_estimators=60, max_depth=3, learning_rate=0.1, subsample=0.7, random_state=7
        ),
    ).fit(*learned)
    scores = model.predict_proba(judged[0])[:, 1]
    share = judged[1].mean()
    print(
        f"learned from {len(learned[1])}, judged by {len(judged[1])} ({share:.0%} gone): "
        f"AUC {roc_auc_score(judged[1], scores):.3f} "
        f"(by recency alone {roc_auc_score(judged[1], judged[0][:, 0]):.3f}), "
        f"Brier {brier_score_loss(judged[1], scores):.3f} "
        f"({share * (1 - share):.3f} where the share is always said)"
    )
    with open(target, "wb") as file:
        file.write(exported(model).SerializeToString())
    with open(target.removesuffix(".onnx") + "_baseline.csv", "w") as file:
        file.write(baseline(scores))


main(*sys.argv[1:])
