#!/usr/bin/env python3
"""What each query of the Nexmark suite must give, computed the slow and obvious way.

    answers.py EVENTS RESULTS [QUERY …]

EVENTS holds the files that `raudal generate nexmark` wrote, RESULTS a folder of JSON lines for each
query. Rows are compared in any order; the exit status is 1 where a query gave others. Joins have no
bounds here, as in the suite. Events are a millisecond apart (`--rate 1000`) or more: which of two
bids of one time is the last is not said.
"""
import collections
import csv
import datetime
import decimal
import glob
import json
import re
import sys

SECOND = 1_000_000
DAY = 86_400 * SECOND
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)


def micros(text):
    return (datetime.datetime.fromisoformat(text[:-1] + "+00:00") - EPOCH) // datetime.timedelta(
        microseconds=1)


def text(time):
    return (EPOCH + datetime.timedelta(microseconds=time)).isoformat()[:-6] + "Z"


def read(folder, kind):
    """In the order of event time, and of equal times by file and line, as the engine orders them."""
    rows = []
    for place, path in enumerate(sorted(glob.glob(f"{folder}/{kind}-*.jsonl"))):
        with open(path, encoding="utf-8") as lines:
            for number, line in enumerate(lines):
                row = json.loads(line)
                row["at"] = micros(row["date_time"])
                rows.append((row["at"], place, number, row))
    rows.sort(key=lambda row: row[:3])
    return [row[3] for row in rows]


def groups(rows, *columns):
    found = collections.defaultdict(list)
    for row in rows:
        found[tuple(row[column] for column in columns)].append(row)
    return found.items()


def pick(row, *columns, **more):
    return {**{column: row[column] for column in columns}, **more}


BID = ("auction", "bidder", "price", "channel", "url", "date_time", "extra")
AUCTION = ("item_name", "description", "initial_bid", "reserve", "expires", "seller", "category")


class Suite:
    def __init__(self, folder):
        self.people = read(folder, "person")
        self.auctions = read(folder, "auction")
        self.bids = read(folder, "bid")
        with open(f"{folder}/side_input.csv", encoding="utf-8") as lines:
            self.side = {int(row["key"]): row["value"] for row in csv.DictReader(lines)}
        self.auction = {auction["id"]: auction for auction in self.auctions}
        self.person = {person["id"]: person for person in self.people}
        for bid in self.bids:
            bid["day"] = bid["date_time"][:10]

    def q0(self):
        return [pick(bid, *BID) for bid in self.bids]

    def q1(self):
        return [
            pick(bid, "auction", "bidder", "date_time", "extra", price=euros(bid))
            for bid in self.bids
        ]

    def q2(self):
        return [pick(bid, "auction", "price") for bid in self.bids if bid["auction"] % 123 == 0]

    def q3(self):
        sales = [(self.person.get(sale["seller"]), sale) for sale in self.auctions]
        return [
            pick(seller, "name", "city", "state", id=sale["id"]) for seller, sale in sales
            if seller and sale["category"] == 10 and seller["state"] in ("OR", "ID", "CA")
        ]

    def in_time(self):
        """Bids from an auction's opening to its end, by auction."""
        for (number,), bids in groups(self.bids, "auction"):
            auction = self.auction.get(number)
            if auction:
                end = micros(auction["expires"])
                bids = [bid for bid in bids if auction["at"] <= bid["at"] <= end]
                if bids:
                    yield auction, bids

    def q4(self):
        best = collections.defaultdict(list)
        for auction, bids in self.in_time():
            best[auction["category"]].append(max(bid["price"] for bid in bids))
        return [{"category": key, "price": sum(of) / len(of)} for key, of in best.items()]

    def q5(self):
        counts = collections.defaultdict(collections.Counter)
        for bid in self.bids:
            last = bid["at"] // (2 * SECOND) * 2 * SECOND
            for start in range(last, last - 10 * SECOND, -2 * SECOND):
                counts[start][bid["auction"]] += 1
        return [
            {"auction": auction, "num": num, "window_start": text(start),
             "window_end": text(start + 10 * SECOND)}
            for start, of in counts.items() for auction, num in of.items()
            if num == max(of.values())
        ]

    def q7(self):
        best = collections.Counter()
        for bid in self.bids:
            start = bid["at"] // (10 * SECOND) * 10 * SECOND
            best[start] = max(best[start], bid["price"])
        return [
            pick(bid, "auction", "bidder", "price", "date_time", "extra")
            for bid in self.bids for start, price in best.items()
            if bid["price"] == price and start <= bid["at"] <= start + 10 * SECOND
        ]

    def q8(self):
        def window(row):
            return row["at"] // (10 * SECOND)
        sellers = {(sale["seller"], window(sale)) for sale in self.auctions}
        return [
            pick(person, "id", "name", starttime=text(window(person) * 10 * SECOND))
            for person in self.people if (person["id"], window(person)) in sellers
        ]

    def q9(self):
        rows = []
        for auction, bids in self.in_time():
            bid = min(bids, key=lambda bid: (-bid["price"], bid["at"]))
            rows.append({
                **pick(auction, "id", *AUCTION, "date_time", "extra"), **pick(bid, "bidder", "price"),
                "bid_date_time": bid["date_time"], "bid_extra": bid["extra"]})
        return rows

    def q11(self):
        rows = []
        for (bidder,), bids in groups(self.bids, "bidder"):
            sessions = []
            for bid in bids:
                if not sessions or bid["at"] >= sessions[-1][-1] + 10 * SECOND:
                    sessions.append([])
                sessions[-1].append(bid["at"])
            rows += [
                {"bidder": bidder, "bid_count": len(times), "window_start": text(times[0]),
                 "window_end": text(times[-1] + 10 * SECOND)} for times in sessions
            ]
        return rows

    def q12(self):
        """In which ten seconds the bids were read, no one knows behind: all of a bidder."""
        return [
            {"bidder": bidder, "bid_count": len(bids)}
            for (bidder,), bids in groups(self.bids, "bidder")
        ]

    def q13(self):
        return [
            pick(bid, "auction", "bidder", "price", "date_time",
                 value=self.side[bid["auction"] % 10_000]) for bid in self.bids
        ]

    def q14(self):
        rows = []
        for bid in self.bids:
            if 1_000_000 < euros(bid) < 50_000_000:
                hour = int(bid["date_time"][11:13])
                time = ("dayTime" if 8 <= hour <= 18 else
                        "nightTime" if hour <= 6 or hour >= 20 else "otherTime")
                rows.append(pick(
                    bid, "auction", "bidder", "date_time", "extra", price=euros(bid),
                    bid_time_type=time, c_counts=bid["extra"].count("c")))
        return rows

    def q15(self):
        return [{"day": day, **levels(bids)} for (day,), bids in groups(self.bids, "day")]

    def q16(self):
        return [
            {"channel": channel, "day": day, **levels(bids),
             "minute": max(bid["date_time"][11:16] for bid in bids)}
            for (channel, day), bids in groups(self.bids, "channel", "day")
        ]

    def q17(self):
        rows = []
        for (auction, day), bids in groups(self.bids, "auction", "day"):
            counts = {key: n for key, n in levels(bids).items() if key.endswith("_bids")}
            prices = [bid["price"] for bid in bids]
            rows.append({
                "auction": auction, "day": day, **counts, "min_price": min(prices),
                "max_price": max(prices), "avg_price": sum(prices) / len(prices),
                "sum_price": sum(prices)})
        return rows

    def q18(self):
        return [pick(bids[-1], *BID) for _, bids in groups(self.bids, "bidder", "auction")]

    def q19(self):
        rows = []
        for _, bids in groups(self.bids, "auction", "day"):
            order = ("bidder", "channel", "url", "at", "extra")
            bids = sorted(bids, key=lambda bid: (-bid["price"], *(bid[name] for name in order)))
            rows += [pick(bid, *BID, rank_number=n + 1) for n, bid in enumerate(bids[:10])]
        return rows

    def q20(self):
        rows = []
        for bid in self.bids:
            auction = self.auction.get(bid["auction"])
            if auction and auction["category"] == 10:
                rows.append({
                    **pick(bid, "auction", "bidder", "price", "channel", "url"),
                    "bid_date_time": bid["date_time"], "bid_extra": bid["extra"],
                    **pick(auction, *AUCTION),
                    "auction_date_time": auction["date_time"], "auction_extra": auction["extra"]})
        return rows

    def q21(self):
        known = {"apple": "0", "google": "1", "facebook": "2", "baidu": "3"}
        rows = []
        for bid in self.bids:
            found = re.search(r"(&|^)channel_id=([^&]*)", bid["url"])
            number = known.get(bid["channel"].lower(), found and found[2])
            if number is not None:
                rows.append(
                    pick(bid, "auction", "bidder", "price", "channel", channel_id=number))
        return rows

    def q22(self):
        return [
            pick(bid, "auction", "bidder", "price", "channel",
                 **{f"dir{n}": bid["url"].split("/")[n + 2] for n in (1, 2, 3)})
            for bid in self.bids
        ]


def euros(bid):
    return decimal.Decimal("0.908") * bid["price"]


def levels(bids):
    of = {
        "total": bids,
        "rank1": [bid for bid in bids if bid["price"] < 10_000],
        "rank2": [bid for bid in bids if 10_000 <= bid["price"] < 1_000_000],
        "rank3": [bid for bid in bids if bid["price"] >= 1_000_000],
    }
    return {
        **{f"{name}_bids": len(rows) for name, rows in of.items()},
        **{f"{name}_bidders": len({bid["bidder"] for bid in rows}) for name, rows in of.items()},
        **{f"{name}_auctions": len({bid["auction"] for bid in rows}) for name, rows in of.items()},
    }


def plain(value):
    """Numbers and times in one form: 1 is 1.0, and a mean is known to twelve digits."""
    if isinstance(value, str):
        return micros(value) if TIME.fullmatch(value) else value
    return f"{float(value):.12g}" if isinstance(value, (float, decimal.Decimal)) else value


def row_key(row):
    return tuple(sorted((name, str(plain(value))) for name, value in row.items()))


def results(folder, query):
    rows = []
    for path in sorted(glob.glob(f"{folder}/{query}/*")):
        with open(path, encoding="utf-8") as lines:
            rows += [json.loads(line, parse_float=decimal.Decimal) for line in lines]
    if query == "q12":
        sums = collections.Counter()
        for row in rows:
            sums[row["bidder"]] += row["bid_count"]
        return [{"bidder": bidder, "bid_count": n} for bidder, n in sums.items()]
    return rows


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    suite = Suite(sys.argv[1])
    names = sys.argv[3:] or [name for name in dir(Suite) if re.fullmatch(r"q\d+", name)]
    is_fine = True
    for name in sorted(names, key=lambda name: int(name[1:])):
        wanted = collections.Counter(row_key(row) for row in getattr(suite, name)())
        given = collections.Counter(row_key(row) for row in results(sys.argv[2], name))
        if wanted == given and wanted:
            print(f"{name}: {sum(wanted.values())} rows")
            continue
        is_fine = False
        print(f"{name}: {sum(given.values())} rows, {sum(wanted.values())} are right")
        for sign, rows in (("-", wanted - given), ("+", given - wanted)):
            for row in list(rows.elements())[:3]:
                print(" ", sign, dict(row))
    sys.exit(0 if is_fine else 1)


main()
