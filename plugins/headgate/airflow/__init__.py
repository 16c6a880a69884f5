"""The Airflow surface: operators, triggers and parameters; the only folder that imports airflow."""
