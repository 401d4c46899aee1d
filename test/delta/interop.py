"""Reads and writes Delta tables with delta-rs and Polars, on behalf of interop.test.ts.

Each command prints one JSON value. Rows come as lists in the order of COLUMNS, sorted by id and
name; numbers that JSON cannot hold and times are text.
"""

import datetime
import decimal
import json
import sys

import polars as pl
from deltalake import CommitProperties, DeltaTable, QueryBuilder, Transaction, write_deltalake

COLUMNS = ["id", "name", "day", "at", "price", "ratio", "ok"]
SCHEMA = {
    "id": pl.Int64,
    "name": pl.String,
    "day": pl.Date,
    "at": pl.Datetime("us", "UTC"),
    "price": pl.Decimal(18, 2),
    "ratio": pl.Float64,
    "ok": pl.Boolean,
}


def as_json(frame):
    return frame.select(
        pl.col("id").cast(pl.String),
        "name",
        pl.col("day").cast(pl.String),
        pl.col("at").dt.epoch("us").cast(pl.String),
        pl.col("price").cast(pl.String),
        "ratio",
        "ok",
    ).sort("id", "name", nulls_last=True)


def rows(path, version=None):
    return as_json(pl.read_delta(path, version=version)).rows()


def frame(*records):
    day = lambda text: None if text is None else datetime.date.fromisoformat(text)
    return pl.DataFrame(
        [
            (number, name, day(text), at(number), decimal.Decimal(number % 1000) / 4, number / 8, number % 2 == 0)
            for number, name, text in records
        ],
        schema=SCHEMA,
        orient="row",
    )


def at(number):
    return datetime.datetime(2024, 1, 1, tzinfo=datetime.timezone.utc) + datetime.timedelta(microseconds=number % 10**15)


def read(path):
    table = DeltaTable(path)
    protocol = table.protocol()
    return {
        "version": table.version(),
        "protocol": [protocol.min_reader_version, protocol.min_writer_version],
        "partitionColumns": table.metadata().partition_columns,
        "configuration": table.metadata().configuration,
        "comment": json.loads(table.schema().to_json())["fields"][0]["metadata"].get("comment"),
        "transaction": table.transaction_version("app"),
        "fileCount": len(table.file_uris()),
        "rows": rows(path),
    }


def find(path, number):
    """Rows with an id, by a filter that may leave out files by their statistics."""
    return [
        pl.scan_delta(path).filter(pl.col("id") == int(number)).collect().height,
        sum(b.num_rows for b in QueryBuilder().register("t", DeltaTable(path)).execute(f"SELECT * FROM t WHERE id = {number}")),
    ]


def create(path):
    """A table through everything delta-rs does, and its rows after each version."""
    history = []

    def note():
        history.append(rows(path))

    first = frame((1, "a b", "2024-01-01"), (2**60 + 1, "ü%/=", None), (3, None, "2024-01-02"))
    app = CommitProperties(app_transactions=[Transaction("app", 7)])
    write_deltalake(path, first, partition_by=["day", "name"], commit_properties=app)
    note()
    write_deltalake(path, frame((4, "a b", "2024-01-01"), (5, "x" * 50, "2024-01-02")), mode="append")
    note()
    DeltaTable(path).delete("id = 3")
    note()
    source = frame((1, "a b", "2024-01-01"), (99, "new", "2024-01-09")).with_columns(ratio=pl.lit(-0.5))
    merge = DeltaTable(path).merge(source, "t.id = s.id", source_alias="s", target_alias="t")
    merge.when_matched_update_all().when_not_matched_insert_all().execute()
    note()
    DeltaTable(path).update(predicate="id = 4", updates={"ratio": "42.5"})
    note()
    DeltaTable(path).optimize.compact()
    note()
    DeltaTable(path).create_checkpoint()
    write_deltalake(path, frame((7, "after", "2024-02-01")), mode="append")
    note()
    return history


def go_on(path):
    """Goes on with a table of ours: append, delete, merge, compact, checkpoint."""
    write_deltalake(path, frame((501, "rs", "2024-05-05")), mode="append")
    DeltaTable(path).delete("id = 2")
    source = frame((3, "merged", "2024-05-01"), (502, "rs", "2024-05-05"))
    merge = DeltaTable(path).merge(source, "t.id = s.id", source_alias="s", target_alias="t")
    merge.when_matched_update({"name": "s.name"}).when_not_matched_insert_all().execute()
    DeltaTable(path).optimize.compact()
    DeltaTable(path).create_checkpoint()
    return read(path)


def query(path):
    """Rows as DataFusion reads them, deletion vectors applied."""
    batches = QueryBuilder().register("t", DeltaTable(path)).execute("SELECT * FROM t")
    return as_json(pl.DataFrame(batches)).rows()


COMMANDS = {"read": read, "find": find, "create": create, "go_on": go_on, "query": query}

if __name__ == "__main__":
    _, command, *arguments = sys.argv
    json.dump(COMMANDS[command](*arguments), sys.stdout)
