"""The only modules that talk to the outside: Kafka, registry, Flink REST, state storage."""
