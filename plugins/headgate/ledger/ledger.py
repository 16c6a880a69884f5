"""The ledger: every write is fenced, so that only the current holder of a job's lease is heard."""

from headgate.ledger.deployment_log import DeploymentLog
from headgate.ledger.operation_log import OperationLog
from headgate.ledger.step_log import StepLog
from headgate.ledger.turns import Turns


class Ledger(OperationLog, StepLog, Turns, DeploymentLog):
    """Reads and fenced writes. One instance a process; each call is one transaction."""
