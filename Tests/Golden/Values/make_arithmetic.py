#!/usr/bin/env python3
"""Writes decimal arithmetic beside this file: op, (precision, scale, unscaled) twice, the result's
precision and scale by SQL's rules, and its unscaled value rounded half up, or `fail`."""
import decimal
import pathlib
import random

random.seed(20260102)
decimal.getcontext().prec = 400
WIDEST = 38


def adjusted(precision, scale):
    if precision <= WIDEST:
        return max(precision, 1), scale
    whole = precision - scale
    return WIDEST, max(WIDEST - whole, min(scale, 6))


def result(op, p1, s1, p2, s2):
    if op in ("add", "subtract"):
        scale = max(s1, s2)
        return adjusted(max(p1 - s1, p2 - s2) + scale + 1, scale)
    if op == "multiply":
        return adjusted(p1 + p2, s1 + s2)
    if op == "divide":
        scale = max(6, s1 + p2 + 1)
        return adjusted(p1 - s1 + s2 + scale, scale)
    scale = max(s1, s2)
    return adjusted(min(p1 - s1, p2 - s2) + scale, scale)


def number(precision):
    digits = random.choice([1, precision // 2 + 1, precision])
    value = random.choice([0, 1, 10 ** digits - 1, random.randrange(10 ** digits)])
    return random.choice([value, -value])


with open(pathlib.Path(__file__).parent / "arithmetic.tsv", "w") as out:
    for i in range(1500):
        op = ["add", "subtract", "multiply", "divide", "modulo"][i % 5]
        p1, p2 = random.choice([3, 12, 18, 30, 38]), random.choice([3, 12, 18, 30, 38])
        s1, s2 = random.choice([0, 2, 6, p1]), random.choice([0, 2, 6, p2])
        s1, s2 = min(s1, p1), min(s2, p2)
        a, b = number(p1), number(p2)
        x = decimal.Decimal(a).scaleb(-s1)
        y = decimal.Decimal(b).scaleb(-s2)
        p, s = result(op, p1, s1, p2, s2)
        if op in ("divide", "modulo") and b == 0:
            unscaled = "fail"
        else:
            if op == "divide":
                # Exact enough: quotients of 76 digits at 400.
                value = x / y
            else:
                value = {"add": x + y, "subtract": x - y, "multiply": x * y}.get(op)
                value = value if value is not None else x % y
            rounded = value.quantize(decimal.Decimal(1).scaleb(-s), rounding=decimal.ROUND_HALF_UP)
            whole = int(rounded.scaleb(s))
            unscaled = "fail" if abs(whole) >= 10 ** p else str(whole)
        out.write("\t".join(map(str, (op, p1, s1, a, p2, s2, b, p, s, unscaled))) + "\n")
