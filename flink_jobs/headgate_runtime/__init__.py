"""What runs inside Flink's Python: drivers, the SQL compiler and the base of custom windows.

Everything that a run needs stands in its binding; nothing here knows headgate or Airflow.
Only `custom_window`, `window_steps`, `record_types`, `window_queries`, `binding` and `report` are
free of PyFlink, so that they can be used and tested without it.
"""
