"""What runs inside Flink's Python: drivers, SQL compiler, state description, custom windows.

Everything that a run needs stands in its binding; nothing here knows headgate or Airflow. PyFlink
is imported by `tables`, `sql_job`, `python_job`, `state_of_operators` and `window_stream` alone, so
that all decisions can be used and tested without it.
"""
