"""Silver and Gold with chDB (ClickHouse in a process), written as Delta tables by delta-rs.

    with_chdb.py <input folder> <output folder>

Lines are read as text: told to skip malformed lines, ClickHouse's JSON reader also loses some that come
after them. Those that are no JSON are dropped. There is no Bronze, no quarantine, no count of undeclared fields and no
closed funnel; devices are linked with no users, and no sessions are derived. All events have to fit in memory, since chDB makes no Delta tables itself.
"""

import json
import sys

from chdb import session
from deltalake import write_deltalake
from usage import note_usage

TEXTS = [
    "event_id", "user_id", "anonymous_id", "session_id", "event_type", "product_id", "device", "country",
    "page_url", "referrer", "order_id", "currency", "user_agent", "campaign_source", "campaign_medium",
    "campaign_name", "click_id",
]
AMOUNTS = ["price", "order_value", "tax", "shipping", "discount"]
NUMBERS = {"quantity": "Int32"} | {name: "Decimal(18, 2)" for name in AMOUNTS}
TYPES = ["page_view", "product_view", "search", "add_to_cart", "remove_from_cart", "checkout", "purchase", "refund"]
REQUIRED = ["event_id", "event_type"]
FIRST = "(event_timestamp, event_id)"


def main(source: str, target: str) -> None:
    engine = session.Session()
    engine.query("SET session_timezone = 'UTC', output_format_arrow_string_as_string = 1")
    engine.query(f"CREATE TABLE events ENGINE = Memory AS {silver(source)}")
    engine.query(f"CREATE TABLE visits ENGINE = Memory AS {sessions()}")
    count = engine.query("SELECT count() FROM events", "ArrowTable").column(0)[0].as_py()
    print(json.dumps({"silver_events": count}))
    save(engine, "SELECT * FROM events", f"{target}/silver", ["event_date"])
    save(engine, "SELECT * FROM visits", f"{target}/sessions", ["session_date"])
    for name, sql in gold().items():
        save(engine, sql, f"{target}/{name}")


def silver(source: str) -> str:
    types = {name: "String" for name in [*TEXTS, "event_timestamp"]} | NUMBERS
    fields = ", ".join(f"{name} Nullable({kind})" for name, kind in types.items())
    columns = ", ".join(f"t.{name} AS {name}" for name in [*TEXTS, *NUMBERS])
    return f"""
        SELECT {columns}, parseDateTime64BestEffortOrNull(t.event_timestamp, 6, 'UTC') AS event_timestamp,
            toDate32(event_timestamp) AS event_date
        FROM (
            SELECT JSONExtract(line, 'Tuple({fields})') AS t
            FROM file('{source}/*.ndjson', 'LineAsString') WHERE isValidJSON(line)
        )
        WHERE {' AND '.join(f'{name} IS NOT NULL' for name in REQUIRED)}
            AND event_type IN {tuple(TYPES)} AND event_timestamp IS NOT NULL
        LIMIT 1 BY event_id"""


def sessions() -> str:
    counts = ", ".join(f"toInt64(countIf(event_type = '{name}')) AS {name}_count" for name in TYPES)
    return f"""
        SELECT session_id, argMin(user_id, {FIRST}) AS user_id, argMin(anonymous_id, {FIRST}) AS anonymous_id,
            coalesce(user_id, anonymous_id, session_id) AS visitor_id,
            argMin(tuple(device), {FIRST}).1 AS device, argMin(tuple(country), {FIRST}).1 AS country,
            min(event_timestamp) AS started_at, max(event_timestamp) AS ended_at,
            toInt64(count()) AS event_count, {counts}, toInt64(uniqExact(product_id)) AS product_count,
            CAST(sumIf(price * ifNull(quantity, 1), event_type = 'purchase') AS Nullable(Decimal(18, 2))) AS revenue,
            toDate32(started_at) AS session_date, purchase_count > 0 AS has_purchase,
            add_to_cart_count > 0 AS has_add_to_cart
        FROM events GROUP BY session_id"""


def gold() -> dict[str, str]:
    distinct = lambda name: f"toInt64(uniqExact({name}))"
    return {
        "users": """
            SELECT visitor_id, toInt64(count()) AS session_count, sum(event_count) AS event_count,
                sum(purchase_count) AS purchase_count, sum(revenue) AS revenue,
                min(started_at) AS first_seen_at, max(ended_at) AS last_seen_at
            FROM visits GROUP BY visitor_id""",
        "event_metrics": """
            SELECT event_date, event_type, device, country, toInt64(count()) AS event_count
            FROM events GROUP BY event_date, event_type, device, country""",
        "conversion_metrics": f"""
            SELECT session_date, toInt64(count()) AS sessions, {distinct('visitor_id')} AS visitors,
                avg(has_purchase) AS conversion_rate, 1 - avgIf(has_purchase, has_add_to_cart) AS abandonment
            FROM visits GROUP BY session_date""",
        "products": """
            SELECT event_date, product_id, toInt64(countIf(event_type = 'product_view')) AS views,
                toInt64(countIf(event_type = 'add_to_cart')) AS add_to_carts,
                toInt64(countIf(event_type = 'purchase')) AS purchases
            FROM events WHERE product_id IS NOT NULL GROUP BY event_date, product_id""",
    }


def save(engine: session.Session, sql: str, path: str, partition_by: list[str] | None = None) -> None:
    write_deltalake(path, engine.query(sql, "ArrowTable"), partition_by=partition_by)


main(*sys.argv[1:3])
note_usage()
