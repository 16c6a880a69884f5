"""Fields of the form of an upgrade."""

from airflow.sdk import Param

from headgate.plan.way_of_cut_over import WAYS


def line_param(description: str) -> Param:
    """A Flink line, or none."""
    return Param(
        "",
        type="string",
        pattern=r"^([0-9]+\.[0-9]+)?$",
        maxLength=16,
        title="Flink line",
        description=description,
    )


def way_param(description: str) -> Param:
    """A way of cutting over, or none."""
    return Param(
        "", type="string", enum=["", *WAYS], title="Way of cutting over", description=description
    )
