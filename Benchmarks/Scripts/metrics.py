"""Reads the metrics of a run."""

import re
import urllib.request


def page(port):
    """What is served; empty while nobody does."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
            return answer.read().decode()
    except OSError:
        return ""


def metric(port, name):
    """The sum of a metric over its labels; None where there is none."""
    found = re.findall(rf"^{name}(?:{{[^}}]*}})? (\S+)$", page(port), re.MULTILINE)
    return sum(map(float, found)) if found else None


def quantile(text, name, share):
    """Of a histogram on a page, summed over its labels, within a class by straight lines."""
    classes = {}
    for bound, count in re.findall(
            rf'^{name}_bucket{{[^}}]*le="([^"]+)"[^}}]*}} (\S+)$', text, re.MULTILINE):
        classes[float(bound)] = classes.get(float(bound), 0) + float(count)
    bounds = sorted(classes)
    wanted = share * classes[bounds[-1]] if bounds else 0
    low, below = 0.0, 0.0
    for bound in bounds:
        if classes[bound] >= wanted and classes[bound] > below:
            return low + (bound - low) * (wanted - below) / (classes[bound] - below)
        low, below = bound, classes[bound]
    return float("nan")
