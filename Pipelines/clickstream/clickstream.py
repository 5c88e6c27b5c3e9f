"""The results of clickstream.raudal, computed from the clicks with pandas and held against it.

    clickstream.py CLICKS RESULTS

Exit status 1 where a row differs.
"""

import glob
import json
import sys

import pandas as pd

STEPS = ["home", "product_view", "add_to_cart", "purchase"]
NAMES = ["products", "carts", "purchases"]


def read_clicks(path):
    clicks = pd.read_csv(path, parse_dates=["timestamp"])
    clicks = clicks.rename(columns={"timestamp": "at", "acquisition_channel": "channel"})
    return clicks.drop(columns=["user_cohort", "user_lifecycle"])


def in_order(clicks):
    """By time; those of one time as the file has them."""
    return clicks.sort_values("at", kind="stable")


def visits(clicks):
    rows = in_order(clicks)
    rest = rows.groupby("user_id")["at"].diff()
    begins = rest.isna() | (rest >= pd.Timedelta("30min"))
    number = begins.groupby(rows["user_id"]).cumsum()
    groups = rows.assign(bought=rows["event"] == "purchase").groupby([rows["user_id"], number])
    found = groups.agg(
        window_start=("at", "min"),
        window_end=("at", "max"),
        clicks=("at", "size"),
        landing=("event", "first"),
        left_at=("event", "last"),
        platform=("platform", "first"),
        channel=("channel", "first"),
        purchases=("bought", "sum"),
    )
    found["window_end"] += pd.Timedelta("30min")
    return found.reset_index(level=0).reset_index(drop=True)


def steps(clicks):
    """How many attempts of a channel came to each step."""
    rows = in_order(clicks[clicks["event"].isin(STEPS)])
    attempts = []
    for (_, channel), group in rows.groupby(["user_id", "channel"]):
        taken, began = 0, None
        for event, at in zip(group["event"], group["at"]):
            if taken and at - began > pd.Timedelta("1d"):
                attempts.append((channel, taken))
                taken = 0
            if event != STEPS[taken]:
                continue
            began = began if taken else at
            taken += 1
            if taken == len(STEPS):
                attempts.append((channel, taken))
                taken = 0
        if taken:
            attempts.append((channel, taken))
    table = pd.DataFrame(attempts, columns=["channel", "steps"])
    found = table.groupby("channel").agg(began=("steps", "size"))
    for step, name in enumerate(NAMES, start=2):
        found[name] = table[table["steps"] >= step].groupby("channel").size()
    return found.fillna(0).astype(int).reset_index()


def touches(clicks, pick):
    """Purchases by the landing of the month before that they are owed to."""
    landings = clicks.drop_duplicates("session_id").rename(columns={"event": "landing"})
    bought = clicks[clicks["event"] == "purchase"][["user_id", "at"]].reset_index(drop=True)
    pairs = bought.reset_index().merge(
        landings[["user_id", "at", "platform", "landing"]], on="user_id", suffixes=("", "_touch"))
    age = pairs["at"] - pairs["at_touch"]
    pairs = pairs[(age >= pd.Timedelta(0)) & (age <= pd.Timedelta("30d"))]
    owed = in_order(pairs.drop(columns="at").rename(columns={"at_touch": "at"}))
    owed = owed.groupby("index").agg({"platform": pick, "landing": pick})
    owed = bought[[]].join(owed)
    found = owed.groupby(["platform", "landing"], dropna=False).size()
    return found.rename("purchases").reset_index()


def retained(clicks):
    weeks = clicks["at"].dt.to_period("W-SUN").dt.start_time
    active = clicks.assign(week=weeks)[["user_id", "channel", "week"]]
    first = active.groupby("user_id")["week"].transform("min")
    active = active.assign(cohort=first, period=(active["week"] - first).dt.days // 7)
    users = active.groupby(["channel", "cohort", "period"])["user_id"].nunique()
    size = users.xs(0, level="period")
    rows = []
    for (channel, cohort), count in size.items():
        for period in range(27):
            end = cohort + pd.Timedelta(days=7 * (period + 1))
            if end <= pd.Timestamp("2024-07-01"):
                came = int(users.get((channel, cohort, period), 0))
                rows.append((channel, cohort, period, end, came, count, came / count))
    names = ["channel", "cohort", "period", "window_end", "users", "size", "rate"]
    return pd.DataFrame(rows, columns=names)


def plain(value):
    if isinstance(value, pd.Timestamp):
        return value.strftime("%Y-%m-%dT%H:%M:%SZ")
    return None if pd.isna(value) else value


def lines(rows):
    return sorted(json.dumps(row, sort_keys=True) for row in rows)


def compare(name, expected, folder):
    found = []
    for path in glob.glob(f"{folder}/{name}/*"):
        with open(path) as part:
            found += [json.loads(line) for line in part]
    names = list(expected.columns)
    wanted = lines(dict(zip(names, map(plain, row))) for row in expected.astype(object).values)
    got = lines(found)
    if wanted == got:
        print(f"{name}: {len(got)} rows, equal")
        return True
    missing, surplus = sorted(set(wanted) - set(got)), sorted(set(got) - set(wanted))
    print(f"{name}: {len(got)} rows instead of {len(wanted)}")
    for mark, rows in (("-", missing), ("+", surplus)):
        for row in rows[:5]:
            print(f"  {mark} {row}")
    return False


def main():
    clicks, folder = read_clicks(sys.argv[1]), sys.argv[2]
    results = {
        "visits": visits(clicks),
        "steps": steps(clicks),
        "first_touch": touches(clicks, "first"),
        "last_touch": touches(clicks, "last"),
        "retained": retained(clicks),
    }
    equal = [compare(name, rows, folder) for name, rows in results.items()]
    sys.exit(0 if all(equal) else 1)


main()
