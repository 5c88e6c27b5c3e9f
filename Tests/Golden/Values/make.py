#!/usr/bin/env python3
"""Writes the value fixtures beside this file from Python's decimal, datetime and struct modules."""
import datetime
import decimal
import pathlib
import random

here = pathlib.Path(__file__).parent
random.seed(20260101)
decimal.getcontext().prec = 200


def unscaled(text, precision, scale):
    number = decimal.Decimal(text).quantize(
        decimal.Decimal(1).scaleb(-scale), rounding=decimal.ROUND_HALF_UP)
    value = int(number.scaleb(scale))
    return "null" if abs(value) >= 10 ** precision else str(value)


def digits(most):
    return "".join(random.choice("0123456789") for _ in range(random.randint(1, most)))


with open(here / "decimals.tsv", "w") as out:
    cases = ["0", "-0", "0.5", "-0.5", "0.49", "1e2", "1E-2", "9.995", "99.995", "-99.995", "000.000",
             "1e-40", "9" * 38, "9" * 39, "0." + "9" * 39, "5e-1", ".5", "5.", "1e38", "1e37"]
    for _ in range(400):
        text = random.choice(["", "-", "+"]) + digits(random.choice([2, 8, 19, 30]))
        if random.random() < 0.8:
            text += "." + digits(random.choice([2, 6, 20]))
        if random.random() < 0.3:
            text += random.choice("eE") + random.choice(["", "-", "+"]) + str(random.randint(0, 25))
        cases.append(text)
    for text in cases:
        precision = random.choice([5, 12, 18, 30, 38])
        scale = random.choice([0, 2, 6, precision])
        scale = min(scale, precision)
        out.write(f"{text}\t{precision}\t{scale}\t{unscaled(text, precision, scale)}\n")

epoch = datetime.datetime(1970, 1, 1)
with open(here / "timestamps.tsv", "w") as out:
    span = (datetime.datetime(9999, 12, 31) - datetime.datetime(1, 1, 1)).days
    for i in range(600):
        day = datetime.datetime(1, 1, 1) + datetime.timedelta(days=random.randint(0, span))
        moment = day + datetime.timedelta(microseconds=random.randint(0, 86_400_000_000 - 1))
        if i % 3 == 0:
            moment = moment.replace(microsecond=0)
        if i % 3 == 1:
            moment = moment.replace(microsecond=moment.microsecond // 1000 * 1000)
        micros = (moment - epoch) // datetime.timedelta(microseconds=1)
        text = moment.strftime("%m-%dT%H:%M:%S")
        fraction = f".{moment.microsecond:06d}".rstrip("0") if moment.microsecond else ""
        iso = moment.isocalendar()
        out.write(f"{moment.year:04d}-{text}{fraction}Z\t{micros}\t{iso[0]}\t{iso[1]}\t{iso[2]}"
                  f"\t{moment.timetuple().tm_yday}\n")
