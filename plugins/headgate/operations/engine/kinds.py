"""Operations by their kind: one module of that name in the folder above."""

import re
from importlib import import_module

from headgate.errors import Rejected
from headgate.operations.engine.step import Operation

_KIND = re.compile(r"[a-z_]+\Z")


def operation_of(kind: str) -> Operation:
    """The operation of that kind: `OPERATION` of the module of that name in `operations`."""
    if not _KIND.match(kind):
        raise Rejected(f"{kind!r} is not the name of an operation")
    module = f"headgate.operations.{kind}"
    try:
        operation: Operation = import_module(module).OPERATION
    except (ModuleNotFoundError, AttributeError) as error:
        if isinstance(error, ModuleNotFoundError) and error.name != module:
            raise
        raise Rejected(
            f"this headgate knows no operation {kind!r}; it may be that of a newer one",
            still_true="Nothing was changed.",
            next_step="update headgate here (git pull, make install)",
        ) from error
    return operation
