"""Prints what Python's zoneinfo knows of the zones given: changes of the offset and what clocks show."""
import json
import sys
from datetime import datetime, timezone
from zoneinfo import ZoneInfo

START = int(datetime(2000, 1, 1, tzinfo=timezone.utc).timestamp())
END = int(datetime(2036, 1, 1, tzinfo=timezone.utc).timestamp())
STEP = 6 * 3600
NOON_OF_FIFTH_DAYS = range(START + 12 * 3600, END, 5 * 86400)


def changes(offset):
    found = []
    before = offset(START)
    for start in range(START, END, STEP):
        if offset(start + STEP) != before:
            first = next(s for s in range(start, start + STEP + 1, 60) if offset(s) != before)
            before = offset(first)
            found.append([first, before])
    return found


def clocks(name):
    zone = ZoneInfo(name)

    def local(second):
        return datetime.fromtimestamp(second, zone)

    def offset(second):
        return int(local(second).utcoffset().total_seconds())

    found = changes(offset)
    probes = [*NOON_OF_FIFTH_DAYS, *(at + by for at, _ in found for by in (-86400, -1, 0, 1, 86400))]
    return {
        "zone": name,
        "firstOffset": offset(START),
        "changes": found,
        "probes": [[second, local(second).date().isoformat(), local(second).hour] for second in probes],
    }


print(json.dumps([clocks(name) for name in sys.argv[1:]]))
