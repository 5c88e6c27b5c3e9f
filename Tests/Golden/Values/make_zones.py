#!/usr/bin/env python3
"""Writes times in zones beside this file, as Python's zoneinfo has them: zone, what, an argument
and the result, both in microseconds since 1970.

local:  a moment, what the clock shows then
moment: what a clock shows, when: the earlier of two; within a gap, as far behind its beginning
day, week, month, quarter, year: a moment, the beginning of that unit around it"""
import datetime
import pathlib
import random
import zoneinfo

random.seed(20260104)
ZONES = ["UTC", "Europe/Madrid", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe",
         "America/Sao_Paulo", "Pacific/Apia", "Africa/Casablanca", "America/St_Johns",
         "Asia/Kathmandu", "Pacific/Chatham", "Europe/London"]
EPOCH = datetime.datetime(1970, 1, 1)
ZERO = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
MICRO = datetime.timedelta(microseconds=1)


def local(zone, micros):
    return (ZERO + micros * MICRO).astimezone(zone).replace(tzinfo=None, fold=0)


def moment(zone, clock):
    return (clock.replace(tzinfo=zone, fold=0).astimezone(datetime.timezone.utc) - ZERO) // MICRO


def changes(zone):
    """The hours of a year around which the zone's offset changes."""
    found = []
    for year in (1987, 2010, 2011, 2018, 2026, 2031):
        at = int(datetime.datetime(year, 1, 1, tzinfo=datetime.timezone.utc).timestamp())
        for hour in range(0, 366 * 24):
            second = at + hour * 3600
            moments = [datetime.datetime.fromtimestamp(second + d, zone) for d in (0, 3600)]
            if moments[0].utcoffset() != moments[1].utcoffset():
                found.append(second)
    return found


def begin(what, clock):
    day = clock.replace(hour=0, minute=0, second=0, microsecond=0)
    if what == "week":
        return day - datetime.timedelta(days=day.weekday())
    if what == "day":
        return day
    month = {"month": day.month, "quarter": (day.month - 1) // 3 * 3 + 1, "year": 1}[what]
    return day.replace(month=month, day=1)


with open(pathlib.Path(__file__).parent / "zones.tsv", "w") as out:
    for name in ZONES:
        zone = zoneinfo.ZoneInfo(name)
        edges = changes(zone) or [0]
        for i in range(45):
            second = random.choice(edges) + random.randint(-7200, 10800)
            if i % 3 == 0:
                second = random.randint(0, 2_100_000_000)
            micros = second * 1_000_000 + random.choice([0, 1, 999_999])
            clock = local(zone, micros)
            shown = (clock - EPOCH) // MICRO
            out.write(f"{name}\tlocal\t{micros}\t{shown}\n")
            asked = (ZERO.replace(tzinfo=None) + (shown + random.choice([0, 1800, 3600]) * 10**6)
                     * MICRO)
            out.write(f"{name}\tmoment\t{(asked - EPOCH) // MICRO}\t{moment(zone, asked)}\n")
            what = random.choice(["day", "week", "month", "quarter", "year"])
            out.write(f"{name}\t{what}\t{micros}\t{moment(zone, begin(what, clock))}\n")
