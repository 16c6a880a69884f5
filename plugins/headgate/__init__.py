"""headgate: a control plane for streams that must not be lost.

The way through the code is told in ARCHITECTURE.md; every folder has one kind of work.
"""

__version__ = "0.1.0"
