"""Avro records in Kafka: producing and consuming them in the registry's wire format."""
