"""What runs inside Flink's Python: drivers, the SQL compiler and the base of custom windows.

Everything that a run needs stands in its binding; nothing here knows headgate or Airflow. PyFlink
is imported by `tables`, `sql_job`, `python_job` and `window_stream` alone, so that all decisions
can be used and tested without it.
"""
