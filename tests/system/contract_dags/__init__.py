"""Contracts through a running Airflow. A package, so that its Airflow ends with its last test."""
