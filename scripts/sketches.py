"""Writes rows of known distributions, and compares what Raudal's sketches make of them."""

import glob
import json
import math
import random
import sys
from collections import Counter

from datasketches import frequent_items_error_type, frequent_strings_sketch, hll_sketch, kll_doubles_sketch

GROUPS = {"few": 500, "thousands": 20_000, "many": 300_000}
SHARES = (1, 25, 50, 90, 99)

DEFINITION = """
pipeline sketches
type Row { name: string, user: string, time: float, page: string, at: timestamp }
source rows: Row from file { path: "rows.jsonl", format: json, event_time: at, on_error: fail }
stream found = rows | window tumbling 1h by name {
  users = approx_count_distinct(user)
  %s
  pages = approx_top(page, 10)
}
sink found to file { path: "found", format: json }
""" % "\n  ".join(f"p{share} = approx_percentile(time, {share}%)" for share in SHARES)


def rows():
    chance = random.Random(7)
    for name, users in GROUPS.items():
        for number in range(users * 2):
            yield {
                "name": name,
                "user": f"user-{chance.randrange(users)}" if number >= users else f"user-{number}",
                "time": chance.lognormvariate(3, 1.5),
                "page": f"/page/{int(chance.paretovariate(0.7))}",
                "at": "2026-01-01T10:00:00Z",
            }


def write(folder):
    with open(f"{folder}/sketches.raudal", "w") as file:
        file.write(DEFINITION)
    with open(f"{folder}/rows.jsonl", "w") as file:
        for row in rows():
            file.write(json.dumps(row) + "\n")


def compare(folder):
    groups = {name: [] for name in GROUPS}
    for row in rows():
        groups[row["name"]].append(row)
    found = {}
    for path in glob.glob(f"{folder}/found/*"):
        with open(path) as file:
            found.update((row["name"], row) for row in map(json.loads, file))
    problems = 0

    def tell(what, exact, ours, theirs, is_fine):
        nonlocal problems
        problems += not is_fine
        print(f"{what}: exact {exact}, raudal {ours}, datasketches {theirs}{'' if is_fine else '  WRONG'}")

    for name, group in groups.items():
        ours = found[name]
        users, times, pages = hll_sketch(14), kll_doubles_sketch(200), frequent_strings_sketch(11)
        for row in group:
            users.update(row["user"])
            times.update(row["time"])
            pages.update(row["page"])
        exact = len({row["user"] for row in group})
        bound = 0 if exact <= 1536 else 4 * 1.04 / 128 * exact
        tell(f"{name}, distinct", exact, ours["users"], round(users.get_estimate()),
             abs(ours["users"] - exact) <= bound)
        ordered = sorted(row["time"] for row in group)
        for share in SHARES:
            value = ordered[math.floor(share / 100 * (len(ordered) - 1))]
            ours_value = ours[f"p{share}"]
            tell(f"{name}, {share} %", round(value, 3), round(ours_value, 3),
                 round(times.get_quantile(share / 100), 3), abs(ours_value - value) <= 0.0100001 * value)
        counts = Counter(row["page"] for row in group)
        theirs = dict((item[0], item[1]) for item in
                      pages.get_frequent_items(frequent_items_error_type.NO_FALSE_NEGATIVES))
        for entry, (_, most) in zip(ours["pages"], counts.most_common(10)):
            count = counts[entry["value"]]
            tell(f"{name}, {entry['value']}", count, f"{entry['count']} - {entry['error']}",
                 theirs.get(entry["value"]),
                 entry["count"] - entry["error"] <= count <= entry["count"]
                 and entry["error"] <= len(group) / 512 and count >= most - len(group) / 512)
    print("all within their bounds" if problems == 0 else f"{problems} beyond their bounds")
    return problems == 0


if __name__ == "__main__":
    sys.exit(0 if {"write": write, "compare": compare}[sys.argv[1]](sys.argv[2]) in (None, True) else 1)
