"""The `headgate` command: every command is one module of this folder with a `register(app)`."""

import sys
from importlib import import_module

import typer

from headgate.cli.console import report_error
from headgate.errors import HeadgateError

COMMAND_MODULES = (
    "headgate.cli.lint",
    "headgate.cli.contracts",
    "headgate.cli.contract",
    "headgate.cli.schema",
    "headgate.cli.import_topics",
    "headgate.cli.jobs",
    "headgate.cli.status",
    "headgate.cli.recovery",
    "headgate.cli.upgrade",
    "headgate.cli.state",
    "headgate.cli.savepoints",
    "headgate.cli.operations",
    "headgate.cli.adopt",
    "headgate.cli.records",
    "headgate.cli.simulate",
    "headgate.cli.demo",
    "headgate.cli.stack",
)


def build_app() -> typer.Typer:
    """The typer application with all commands, in the order of `--help`."""
    app = typer.Typer(
        name="headgate",
        help="Declare Kafka topics and Flink jobs in git; bring them about and keep them so.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode="rich",
    )
    for module in COMMAND_MODULES:
        import_module(module).register(app)
    return app


def main() -> None:
    """Run the command line. Exit code 1: an error; 130: interrupted; else what the command says."""
    try:
        build_app()()
    except HeadgateError as error:
        report_error(error)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
