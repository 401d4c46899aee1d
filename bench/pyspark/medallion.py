"""Bronze, Silver and Gold as a usual tutorial for PySpark and Delta Lake builds them.

    medallion.py <input folder> <output folder> <folder of Delta's jars>

Typed JSON in, dropDuplicates on the event id, groupBy for the numbers, Delta tables out. Simpler than
Clicklake's job: malformed lines are dropped, undeclared fields are not counted, of two events with one
id an arbitrary one stays, a session's user is any of its users, devices are linked with no users, no sessions
are derived, and there is no closed funnel.
"""

import json
import os
import resource
import sys
from glob import glob

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

FIELDS = """event_id string, user_id string, anonymous_id string, session_id string, event_type string, product_id string,
    device string, country string, event_timestamp string, page_url string, referrer string,
    order_id string, currency string, user_agent string, campaign_source string,
    campaign_medium string, campaign_name string, click_id string, quantity int, price decimal(18,2),
    order_value decimal(18,2), tax decimal(18,2), shipping decimal(18,2), discount decimal(18,2), _corrupt_record string"""
TYPES = ["page_view", "product_view", "search", "add_to_cart", "remove_from_cart", "checkout", "purchase", "refund"]
REQUIRED = ["event_id", "event_type", "event_timestamp"]


def main(source: str, target: str, jars: str) -> None:
    spark = (
        SparkSession.builder.master("local[2]")
        .appName("medallion")
        .config("spark.jars", ",".join(glob(f"{jars}/*.jar")))
        .config("spark.sql.extensions", "io.delta.sql.DeltaSparkSessionExtension")
        .config("spark.sql.catalog.spark_catalog", "org.apache.spark.sql.delta.catalog.DeltaCatalog")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.sql.shuffle.partitions", "8")
        .config("spark.driver.memory", "6g")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.ui.enabled", "false")
        .getOrCreate()
    )
    spark.sparkContext.setLogLevel("ERROR")
    process = spark.sparkContext._gateway.proc

    save(
        spark.read.schema(FIELDS)
        .json(source)
        .withColumn("ingested_at", F.current_timestamp())
        .withColumn("source_file", F.input_file_name()),
        f"{target}/bronze",
    )
    save(silver(spark.read.format("delta").load(f"{target}/bronze")), f"{target}/silver", "event_date")
    events = spark.read.format("delta").load(f"{target}/silver")
    print(json.dumps({"silver_events": events.count()}))
    save(sessions(events), f"{target}/sessions", "session_date")
    for name, table in gold(events, spark.read.format("delta").load(f"{target}/sessions")).items():
        save(table, f"{target}/{name}")

    spark.stop()
    process.stdin.close()
    process.wait()


def silver(bronze):
    return (
        bronze.filter(F.col("_corrupt_record").isNull())
        .dropna(subset=REQUIRED)
        .filter(F.col("event_type").isin(TYPES))
        .withColumn("event_timestamp", F.expr("try_to_timestamp(event_timestamp)"))
        .dropna(subset=["event_timestamp"])
        .withColumn("event_date", F.to_date("event_timestamp"))
        .drop("_corrupt_record")
        .dropDuplicates(["event_id"])
    )


def count_of(event_type: str):
    return F.count(F.when(F.col("event_type") == event_type, 1))


def sessions(events):
    revenue = F.col("price") * F.coalesce(F.col("quantity"), F.lit(1))
    return (
        events.groupBy("session_id")
        .agg(
            F.first("user_id", ignorenulls=True).alias("user_id"),
            F.first("anonymous_id", ignorenulls=True).alias("anonymous_id"),
            F.first("device").alias("device"),
            F.first("country").alias("country"),
            F.min("event_timestamp").alias("started_at"),
            F.max("event_timestamp").alias("ended_at"),
            F.count("*").alias("event_count"),
            *[count_of(name).alias(f"{name}_count") for name in TYPES],
            F.countDistinct("product_id").alias("product_count"),
            F.sum(F.when(F.col("event_type") == "purchase", revenue)).alias("revenue"),
        )
        .withColumn("visitor_id", F.coalesce("user_id", "anonymous_id", "session_id"))
        .withColumn("session_date", F.to_date("started_at"))
        .withColumn("has_purchase", F.col("purchase_count") > 0)
        .withColumn("has_add_to_cart", F.col("add_to_cart_count") > 0)
    )


def gold(events, visits):
    return {
        "users": visits.groupBy("visitor_id").agg(
            F.count("*").alias("session_count"),
            F.sum("event_count").alias("event_count"),
            F.sum("revenue").alias("revenue"),
            F.min("started_at").alias("first_seen_at"),
            F.max("ended_at").alias("last_seen_at"),
        ),
        "event_metrics": events.groupBy("event_date", "event_type", "device", "country").agg(
            F.count("*").alias("event_count"),
        ),
        "conversion_metrics": visits.groupBy("session_date").agg(
            F.count("*").alias("sessions"),
            F.countDistinct("visitor_id").alias("visitors"),
            F.avg(F.col("has_purchase").cast("int")).alias("conversion_rate"),
            F.avg(F.when(F.col("has_add_to_cart"), 1 - F.col("has_purchase").cast("int"))).alias("abandonment"),
        ),
        "products": events.filter(F.col("product_id").isNotNull())
        .groupBy("event_date", "product_id")
        .agg(
            count_of("product_view").alias("views"),
            count_of("add_to_cart").alias("add_to_carts"),
            count_of("purchase").alias("purchases"),
        ),
    }


def save(table, path: str, partition: str | None = None) -> None:
    writer = table.write.format("delta").mode("overwrite")
    (writer.partitionBy(partition) if partition else writer).save(path)


def note_usage() -> None:
    """Python's and the virtual machine's, which has ended by now."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    usage = {
        "cpuSeconds": sum(u.ru_utime + u.ru_stime for u in used),
        "peakMb": max(u.ru_maxrss for u in used) * 1.024e-3,
    }
    with open(os.environ["BENCH_USAGE_FILE"], "w", encoding="utf-8") as file:
        json.dump(usage, file)


main(*sys.argv[1:4])
note_usage()
