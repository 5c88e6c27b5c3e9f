#!/usr/bin/env python3
"""Writes rounding, casts and comparisons of decimals beside this file, as Python's decimal module
has them: what, (precision, scale, unscaled), two arguments, and the result, or `fail`.

round, truncate, ceil, floor: digits, the result's scale, its unscaled value
cast:                         precision, scale, the unscaled value rounded half up
compare:                      the other's scale, its unscaled value, -1, 0 or 1"""
import decimal
import pathlib
import random

random.seed(20260103)
decimal.getcontext().prec = 200
MODES = {"round": decimal.ROUND_HALF_UP, "truncate": decimal.ROUND_DOWN,
         "ceil": decimal.ROUND_CEILING, "floor": decimal.ROUND_FLOOR}


def exact(unscaled, scale):
    return decimal.Decimal(unscaled).scaleb(-scale)


def rounded(value, digits, mode):
    return value.quantize(exact(1, digits), rounding=mode)


def number(precision):
    digits = random.randint(1, precision)
    value = random.choice([10 ** digits - 1, 5 * 10 ** (digits - 1), random.randrange(10 ** digits)])
    return random.choice([value, -value])


with open(pathlib.Path(__file__).parent / "rounding.tsv", "w") as out:
    for i in range(1200):
        what = ["round", "truncate", "ceil", "floor", "cast", "compare"][i % 6]
        p = random.choice([3, 12, 18, 19, 30])
        s = min(random.choice([0, 2, 6, p]), p)
        a = number(p)
        x = exact(a, s)
        if what in MODES:
            digits = random.randint(-4, s + 2) if what in ("round", "truncate") else 0
            scale = max(min(digits, s), 0)
            cut = rounded(x, digits, MODES[what]) if digits < s else x
            first, second, result = digits, scale, int(cut.scaleb(scale))
        elif what == "cast":
            first = random.choice([3, 12, 18, 38])
            second = min(random.choice([0, 2, 6, first]), first)
            whole = int(rounded(x, second, decimal.ROUND_HALF_UP).scaleb(second))
            result = "fail" if abs(whole) >= 10 ** first else whole
        else:
            first = min(random.choice([0, 2, 6, p]), p)
            near = int(rounded(x, first, decimal.ROUND_DOWN).scaleb(first))
            second = random.choice([near, near + 1, number(p)])
            second = max(min(second, 10 ** p - 1), 1 - 10 ** p)
            result = int(x.compare(exact(second, first)))
        out.write("\t".join(map(str, (what, p, s, a, first, second, result))) + "\n")
