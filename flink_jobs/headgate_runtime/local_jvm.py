"""The JVM that PyFlink starts for work that needs no cluster (`pyflink_gateway_server`)."""

import os
from pathlib import Path

JVM_OPTIONS = "-Xmx512m -XX:+UseSerialGC -XX:TieredStopAtLevel=1"
"""Such work is over before the optimising compiler pays for itself."""


def prepare_jvm() -> None:
    """Set it up before anything of PyFlink starts it."""
    os.environ.setdefault("JVM_ARGS", JVM_OPTIONS)
    jars = os.environ.get("HEADGATE_CONNECTOR_JARS")
    if jars:
        # The only entry of the gateway's class path that is ours to choose.
        os.environ["HADOOP_CLASSPATH"] = str(Path(jars) / "*")
