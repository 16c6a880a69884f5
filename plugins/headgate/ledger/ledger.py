"""The ledger: every write is fenced, so that only the current holder of a job's lease is heard."""

from headgate.ledger.contract_log import ContractLog
from headgate.ledger.decision_log import DecisionLog
from headgate.ledger.deployment_log import DeploymentLog
from headgate.ledger.health_log import HealthLog
from headgate.ledger.operation_log import OperationLog
from headgate.ledger.shared_turns import SharedTurns
from headgate.ledger.snapshot_log import SnapshotLog
from headgate.ledger.step_log import StepLog
from headgate.ledger.turns import Turns


class Ledger(
    OperationLog,
    StepLog,
    Turns,
    SharedTurns,
    DeploymentLog,
    SnapshotLog,
    HealthLog,
    ContractLog,
    DecisionLog,
):
    """Reads and fenced writes. One instance a process; each call is one transaction.

    Applications of contracts belong to no job and are not fenced: brokers and registry decide
    between two of them.
    """
