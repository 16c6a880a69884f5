"""(declared, observed) → changes of topics, as plain values.

One table for two tests: the plan as a pure function, and the same on the real broker, where
exactly the observed state is made first.
"""

from harness.topic_rows.configurations import CLEAN_UP, OTHER_CONFIGS
from harness.topic_rows.creation import CREATION, UNCHANGED, UNDECLARED
from harness.topic_rows.deletion import DELETION
from harness.topic_rows.inherited import INHERITED
from harness.topic_rows.partitions import PARTITIONS, REPLICATION
from harness.topic_rows.retention import RETENTION

ROWS = (
    *CREATION,
    *UNCHANGED,
    *RETENTION,
    *INHERITED,
    *CLEAN_UP,
    *OTHER_CONFIGS,
    *PARTITIONS,
    *REPLICATION,
    *DELETION,
    *UNDECLARED,
)
