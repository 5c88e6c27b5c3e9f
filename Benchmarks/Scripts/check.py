"""`check` of a definition of a thousand lines, from process start to exit."""

import subprocess
import time

from common import BIN, ROUNDS, folder, spread


def thousand_lines():
    lines = [
        "pipeline large",
        "param least: int = 3",
        "type Event { id: int, user: string, kind: string, cost: decimal(12, 2)?, at: timestamp }",
        "type User { user: string, team: string, level: int? }",
        "function net(x: decimal(12, 2)): decimal(16, 4) = x - x * 0.21",
        "source events: Event from memory { event_time: at, lateness: 5s, on_error: skip }",
        "table users: User key user from memory",
    ]
    number = 0
    while len(lines) < 985:
        lines += [
            f"stream s{number} = events",
            f'  | where kind == "k{number}" and id > least',
            "  | enrich users on user",
            f"  | with {{ price = net(cost ?? 0), big = id % 7 == {number % 7} }}",
            "  | where big and level is not null",
            "  | window tumbling 1m by team {",
            "      n = count()",
            "      spent = sum(price)",
            '      share = count(where kind like "k%") / count()',
            "    } on_error skip",
            f"sink s{number} to file {{ path: \"out/{number}\" }}",
        ]
        number += 1
    lines += [
        'test "one" {',
        '  given users [ { user: "u", team: "t", level: 1 } ]',
        "  given events []",
        "  expect s0 []",
        "}",
    ]
    return lines + ["// fill"] * (1000 - len(lines))


with folder() as work:
    path = work / "large.raudal"
    path.write_text("\n".join(thousand_lines()) + "\n")
    times = []
    for _ in range(max(ROUNDS, 7)):
        began = time.monotonic()
        subprocess.run([BIN / "raudal", "check", path], check=True, stdout=subprocess.DEVNULL)
        times.append((time.monotonic() - began) * 1000)
    print(f"check of 1,000 lines, from start to exit: {spread(times, 0)} ms")
