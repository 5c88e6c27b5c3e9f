"""Makes the models beside this file. Not run by the tests, which read what it made:

    pip install onnx==1.23.2 skl2onnx==1.20.0 scikit-learn==1.9.1
    python3 make.py
"""
import warnings
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto as T
from onnx import helper as h
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType, StringTensorType
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

warnings.filterwarnings("ignore")
here = Path(__file__).parent
random = np.random.default_rng(7)
OPSET = 17


def save(name, model):
    model.producer_name, model.producer_version = "make.py", ""
    (here / f"{name}.onnx").write_bytes(model.SerializeToString())


def graph(name, nodes, inputs, outputs, constants=()):
    """A model of these nodes; an input or output is (name, type, shape)."""
    infos = [[h.make_tensor_value_info(*port) for port in ports] for ports in (inputs, outputs)]
    model = h.make_model(
        h.make_graph(nodes, name, *infos, list(constants)),
        opset_imports=[h.make_opsetid("", OPSET)],
    )
    model.ir_version = 9
    onnx.checker.check_model(model)
    save(name, model)


def trained():
    """100 trees over 8 columns, and the same classes from a logistic regression with ZipMap."""
    x = random.normal(size=(4000, 8)).astype(np.float32)
    y = (x[:, 0] * x[:, 1] + x[:, 2] - x[:, 7] ** 2 + random.normal(size=4000) > 0).astype(int)
    forest = RandomForestClassifier(100, max_depth=5, random_state=7).fit(x, y)
    rows = [("features", FloatTensorType([None, 8]))]
    plain = {"zipmap": False}
    save("trees", to_onnx(forest, initial_types=rows, options=plain, target_opset=OPSET))
    line = make_pipeline(StandardScaler(), LogisticRegression()).fit(x, y)
    save("logistic", to_onnx(line, initial_types=rows, options=plain, target_opset=OPSET))
    save("zipmap", to_onnx(line, initial_types=rows, target_opset=OPSET))


def texts():
    """Takes a text and a number by their names and gives a text."""
    plans = np.array(["free", "team", "año", ""], dtype=object)
    plan, age = random.choice(plans, 2000), random.uniform(0, 90, 2000)
    x = np.column_stack([plan, age]).astype(object)
    y = np.where((plan == "free") ^ (age > 40), "señal", "none")
    model = make_pipeline(
        ColumnTransformer(
            [("plan", OneHotEncoder(handle_unknown="ignore"), [0]), ("age", StandardScaler(), [1])]
        ),
        LogisticRegression(),
    ).fit(x, y)
    ports = [("plan", StringTensorType([None, 1])), ("age", FloatTensorType([None, 1]))]
    save(
        "texts",
        to_onnx(
            model, initial_types=ports, options={"zipmap": False}, target_opset=OPSET
        ),
    )


def shapes():
    """Hand-made graphs: each type, a fixed batch, lists, and what goes wrong when it runs."""
    types = {
        "f32": T.FLOAT, "f64": T.DOUBLE, "i8": T.INT8, "i16": T.INT16, "i32": T.INT32,
        "i64": T.INT64, "u8": T.UINT8, "u16": T.UINT16, "u32": T.UINT32, "u64": T.UINT64,
        "flag": T.BOOL, "text": T.STRING,
    }
    for name, batch in (("types", "batch"), ("types_fixed", 16)):
        graph(
            name,
            [h.make_node("Identity", [port], [f"{port}_out"]) for port in types],
            [(port, kind, [batch]) for port, kind in types.items()],
            [(f"{port}_out", kind, [batch]) for port, kind in types.items()],
        )
    lists = {"floats": T.FLOAT, "ints": T.INT32, "words": T.STRING, "any": T.DOUBLE}
    sizes = {"floats": 3, "ints": 2, "words": 2, "any": "n"}
    graph(
        "lists",
        [h.make_node("Identity", [port], [f"{port}_out"]) for port in lists],
        [(port, kind, ["batch", sizes[port]]) for port, kind in lists.items()],
        [(f"{port}_out", kind, ["batch", sizes[port]]) for port, kind in lists.items()],
    )
    graph(
        "gather",
        [h.make_node("Gather", ["table", "place"], ["value"])],
        [("place", T.INT64, ["batch"])],
        [("value", T.FLOAT, ["batch"])],
        [h.make_tensor("table", T.FLOAT, [3], [1.5, 2.5, 3.5])],
    )
    graph(
        "sum",
        [h.make_node("ReduceSum", ["x"], ["total"], keepdims=1)],
        [("x", T.FLOAT, ["batch"])],
        [("total", T.FLOAT, ["one"])],
    )
    graph(
        "cube",
        [h.make_node("Identity", ["x"], ["y"])],
        [("x", T.FLOAT, ["batch", 2, 2])],
        [("y", T.FLOAT, ["batch", 2, 2])],
    )
    graph(
        "half",
        [h.make_node("Identity", ["x"], ["y"])],
        [("x", T.FLOAT16, ["batch"])],
        [("y", T.FLOAT16, ["batch"])],
    )
    weights = h.make_tensor("w", T.FLOAT, [1], [0.0])
    weights.ClearField("float_data")
    weights.data_location = T.EXTERNAL
    weights.external_data.add(key="location", value="weights.bin")
    nodes = [h.make_node("Add", ["x", "w"], ["y"])]
    ports = [h.make_tensor_value_info(name, T.FLOAT, ["batch"]) for name in "xy"]
    model = h.make_model(
        h.make_graph(nodes, "external", ports[:1], ports[1:], [weights]),
        opset_imports=[h.make_opsetid("", OPSET)],
    )
    model.ir_version = 9
    save("external", model)


trained()
texts()
shapes()
