"""Silver and Gold with Polars, written as Delta tables by delta-rs.

    with_polars.py <input folder> <output folder>

Lines are read as text, since Polars' JSON reader ends at the first malformed line; those that are no
JSON are dropped. There is no Bronze, no quarantine, no count of undeclared fields and no closed funnel;
devices are linked with no users, and no sessions are derived. All events have to fit in memory.
"""

import json
import sys

import polars as pl
from usage import note_usage

TEXTS = [
    "event_id", "user_id", "anonymous_id", "session_id", "event_type", "product_id", "device", "country",
    "event_timestamp", "page_url", "referrer", "order_id", "currency", "user_agent", "campaign_source",
    "campaign_medium", "campaign_name", "click_id",
]
AMOUNTS = ["price", "order_value", "tax", "shipping", "discount"]
SCHEMA = pl.Struct(
    {name: pl.String for name in TEXTS} | {"quantity": pl.Int32} | {name: pl.Float64 for name in AMOUNTS}
)
TYPES = ["page_view", "product_view", "search", "add_to_cart", "remove_from_cart", "checkout", "purchase", "refund"]
REQUIRED = ["event_id", "event_type", "event_timestamp"]


def main(source: str, target: str) -> None:
    events = silver(source)
    print(json.dumps({"silver_events": events.height}))
    save(events, f"{target}/silver", ["event_date"])
    visits = sessions(events)
    save(visits, f"{target}/sessions", ["session_date"])
    for name, table in gold(events, visits).items():
        save(table, f"{target}/{name}")


def silver(source: str) -> pl.DataFrame:
    lines = pl.scan_csv(
        f"{source}/*.ndjson", has_header=False, new_columns=["line"], separator="\x01", quote_char=None
    )
    return (
        # A path that finds nothing gives null for a line that is no JSON, too.
        lines.filter(pl.col("line").str.json_path_match("$.event_id").is_not_null())
        .select(pl.col("line").str.json_decode(SCHEMA).struct.unnest())
        .drop_nulls(REQUIRED)
        .filter(pl.col("event_type").is_in(TYPES))
        .with_columns(
            pl.col("event_timestamp").str.to_datetime("%+", time_unit="us", time_zone="UTC", strict=False),
            pl.col(AMOUNTS).cast(pl.Decimal(18, 2)),
        )
        .drop_nulls("event_timestamp")
        .with_columns(pl.col("event_timestamp").dt.date().alias("event_date"))
        .unique("event_id", keep="first")
        .collect()
    )


def count_of(event_type: str) -> pl.Expr:
    return (pl.col("event_type") == event_type).sum().cast(pl.Int64)


def sessions(events: pl.DataFrame) -> pl.DataFrame:
    paid = pl.col("price") * pl.col("quantity").fill_null(1)
    return (
        events.lazy()
        .sort("event_timestamp", "event_id")
        .group_by("session_id")
        .agg(
            pl.col("user_id", "anonymous_id").drop_nulls().first(),
            pl.col("device", "country").first(),
            pl.col("event_timestamp").first().alias("started_at"),
            pl.col("event_timestamp").last().alias("ended_at"),
            pl.len().cast(pl.Int64).alias("event_count"),
            *[count_of(name).alias(f"{name}_count") for name in TYPES],
            pl.col("product_id").drop_nulls().n_unique().cast(pl.Int64).alias("product_count"),
            paid.filter(pl.col("event_type") == "purchase").sum().cast(pl.Decimal(18, 2)).alias("revenue"),
        )
        .with_columns(
            pl.coalesce("user_id", "anonymous_id", "session_id").alias("visitor_id"),
            pl.col("started_at").dt.date().alias("session_date"),
            (pl.col("purchase_count") > 0).alias("has_purchase"),
            (pl.col("add_to_cart_count") > 0).alias("has_add_to_cart"),
        )
        .collect()
    )


def gold(events: pl.DataFrame, visits: pl.DataFrame) -> dict[str, pl.DataFrame]:
    rows = pl.len().cast(pl.Int64)
    distinct = lambda name: pl.col(name).n_unique().cast(pl.Int64)
    return {
        "users": visits.group_by("visitor_id").agg(
            rows.alias("session_count"),
            pl.col("event_count", "purchase_count", "revenue").sum(),
            pl.col("started_at").min().alias("first_seen_at"),
            pl.col("ended_at").max().alias("last_seen_at"),
        ),
        "event_metrics": events.group_by("event_date", "event_type", "device", "country").agg(
            rows.alias("event_count"),
        ),
        "conversion_metrics": visits.group_by("session_date").agg(
            rows.alias("sessions"),
            distinct("visitor_id").alias("visitors"),
            pl.col("has_purchase").mean().alias("conversion_rate"),
            (1 - pl.col("has_purchase").filter("has_add_to_cart").mean()).alias("abandonment"),
        ),
        "products": events.drop_nulls("product_id").group_by("event_date", "product_id").agg(
            count_of("product_view").alias("views"),
            count_of("add_to_cart").alias("add_to_carts"),
            count_of("purchase").alias("purchases"),
        ),
    }


def save(table: pl.DataFrame, path: str, partition_by: list[str] | None = None) -> None:
    options = {"partition_by": partition_by} if partition_by else {}
    table.write_delta(path, delta_write_options=options)


main(*sys.argv[1:3])
note_usage()
