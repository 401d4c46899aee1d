"""Reads and changes the tables of a Clicklake lake with delta-rs and Polars, on behalf of
test/pipeline/whole-lake.test.ts. Each command prints one JSON value."""

import datetime
import hashlib
import json
import struct
import sys

import polars as pl
from deltalake import DeltaTable, QueryBuilder, write_deltalake

UTC = datetime.timezone.utc
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=UTC)


def micros(instant):
    return (instant - EPOCH) // datetime.timedelta(microseconds=1)


def as_json(value):
    """As `clicklake query --json` shows a value."""
    if isinstance(value, datetime.datetime):
        text = value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
        return f"{text}.{value.microsecond:06}Z" if value.microsecond else f"{text}Z"
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > 2**53 - 1:
        return str(value)
    return value if value is None or isinstance(value, (bool, int, float, str)) else str(value)


def cell(value):
    """As src/verify/content-hash.ts writes a value."""
    if value is None:
        return b"-"
    if isinstance(value, bool):
        text = "true" if value else "false"
    elif isinstance(value, datetime.datetime):
        text = str(micros(value))
    elif isinstance(value, float):
        text = struct.pack(">d", value + 0.0).hex()
    else:
        text = str(value)
    data = text.encode()
    return b"%d:%s" % (len(data), data)


def content_hash(table, frame):
    fields = json.loads(table.schema().to_json())["fields"]
    rows = frame.select(field["name"] for field in fields).rows()
    total = sum(int.from_bytes(hashlib.sha256(b"".join(map(cell, row))).digest(), "big") for row in rows)
    lines = [f"{field['name']} {field['type']}" for field in fields]
    text = "".join(f"{line}\n" for line in [*lines, len(rows), f"{total % 2**256:064x}"])
    return hashlib.sha256(text.encode()).hexdigest()


def read(lake, *roots):
    """Each table as Polars reads it, and the hash of what delta-rs's own engine reads."""
    result = {}
    for root in roots:
        path = f"{lake}/{root}"
        table = DeltaTable(path)
        frame = pl.read_delta(path)
        batches = QueryBuilder().register("t", table).execute("SELECT * FROM t")
        protocol = table.protocol()
        result[root] = {
            "protocol": [protocol.min_reader_version, protocol.min_writer_version],
            "types": {name: str(dtype) for name, dtype in frame.schema.items()},
            "comments": {
                field["name"]: field["metadata"].get("comment")
                for field in json.loads(table.schema().to_json())["fields"]
            },
            "rows": [[as_json(value) for value in row] for row in frame.rows()],
            "polarsHash": content_hash(table, frame),
            "deltaRsHash": content_hash(table, pl.DataFrame(batches)),
        }
    return result


def go_on(lake):
    """What a data team may do to a lake: add, mend and delete rows, compact, write checkpoints."""
    events = f"{lake}/silver/events"
    stored = pl.read_delta(events).sort("event_id")
    first = stored.head(1)
    added = first.with_columns(event_id=pl.lit("theirs-1"), session_id=pl.lit("their session"))
    write_deltalake(events, added, mode="append")
    DeltaTable(events).delete(f"session_id = '{stored.tail(1)['session_id'][0]}'")
    source = pl.concat(
        [
            first.with_columns(device=pl.lit("mended")),
            added.with_columns(event_id=pl.lit("theirs-2")),
        ]
    )
    merge = DeltaTable(events).merge(source, "t.event_id = s.event_id", source_alias="s", target_alias="t")
    merge.when_matched_update({"device": "s.device"}).when_not_matched_insert_all().execute()
    DeltaTable(f"{lake}/silver/quarantine").delete("reason = 'not_json'")
    for root in ["bronze/_ledger", "silver/events", "silver/quarantine", "gold/sessions", "gold/users"]:
        DeltaTable(f"{lake}/{root}").optimize.compact()
        DeltaTable(f"{lake}/{root}").create_checkpoint()
    return {"mended": first["event_id"][0], "deletedSession": stored.tail(1)["session_id"][0]}


COMMANDS = {"read": read, "go_on": go_on}

if __name__ == "__main__":
    _, command, *arguments = sys.argv
    json.dump(COMMANDS[command](*arguments), sys.stdout)
