"""The embedded stack: real Kafka, registry, Flink clusters and Airflow as supervised processes."""
