"""An Airflow of its own for these tests, set up before anything imports airflow."""

import os
import tempfile
from pathlib import Path

PROJECT = Path(__file__).parents[2]
_HOME = Path(tempfile.mkdtemp(prefix="headgate-airflow-"))

os.environ.update(
    {
        "AIRFLOW_HOME": str(_HOME),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__DAGS_FOLDER": str(PROJECT / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(PROJECT / "plugins"),
        "AIRFLOW__CORE__UNIT_TEST_MODE": "False",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{_HOME}/airflow.db",
        "HEADGATE_PROJECT": str(PROJECT),
    }
)
