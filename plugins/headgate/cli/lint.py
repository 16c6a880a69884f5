"""`headgate lint`: check what is declared."""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from headgate.cli.console import err, out, print_json
from headgate.cli.options import EnvironmentOption, JsonOption, project
from headgate.errors import Finding
from headgate.spec.collecting import Collector
from headgate.spec.declared import Declared
from headgate.spec.load import load_declared
from headgate.spec.load_environment import load_config, load_environment_or_installed

SqlOption = Annotated[
    bool, typer.Option("--sql", help="Compile the SQL of every job with its Flink line, too.")
]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(rich_help_panel="Declarations")(lint)


def lint(
    *, sql: SqlOption = False, env: EnvironmentOption = None, as_json: JsonOption = False
) -> None:
    """Check topics, jobs and headgate.toml; print every error with file and line."""
    folder = project()
    collector = Collector()
    collector.attempt(load_config, folder)
    declared = collector.attempt(load_declared, folder)
    if sql and declared and not collector.findings:
        collector.extend(_compile_sql(folder, declared, env))
    findings = sorted(dict.fromkeys(collector.findings))
    if as_json:
        _print_json(folder, findings, declared)
    elif findings:
        _print_findings(folder, findings)
    elif declared:
        checked = f"{_count(len(declared.topics), 'topic')} and {_count(len(declared.jobs), 'job')}"
        out.print(Text(f"{checked}: no errors", style="green"))
    if findings:
        raise typer.Exit(1)


def _compile_sql(folder: Path, declared: Declared, env: str | None) -> Iterable[Finding]:
    from headgate.operations.compile_plan import check_sql  # noqa: PLC0415 - only for --sql

    environment = load_environment_or_installed(folder, env)
    for job in declared.jobs.values():
        if job.kind == "sql":
            yield from check_sql(job, declared.topics, environment)


def _shown(folder: Path, file: Path) -> str:
    return str(file.relative_to(folder) if file.is_relative_to(folder) else file)


def _print_findings(folder: Path, findings: list[Finding]) -> None:
    for finding in findings:
        place = f"{_shown(folder, finding.file)}:{finding.line}:"
        out.print(Text.assemble((place, "bold"), " ", finding.message), soft_wrap=True)
    files = len({finding.file for finding in findings})
    summary = f"{_count(len(findings), 'error')} in {_count(files, 'file')}"
    err.print(Text(summary, style="bold red"))


def _print_json(folder: Path, findings: list[Finding], declared: Declared | None) -> None:
    print_json(
        {
            "ok": not findings,
            "topics": sorted(declared.topics) if declared else None,
            "jobs": sorted(declared.jobs) if declared else None,
            "findings": [
                {
                    "file": _shown(folder, finding.file),
                    "line": finding.line,
                    "message": finding.message,
                }
                for finding in findings
            ],
        }
    )


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
