"""Load `headgate.toml` and choose the environment; an embedded one is what its stack offers."""

import os
from dataclasses import dataclass
from pathlib import Path

from headgate.errors import HeadgateError, Rejected, SpecError, Unavailable
from headgate.ids import EnvironmentName
from headgate.spec.check_environment import check_environment
from headgate.spec.collecting import Collector
from headgate.spec.declared import NamedEnvironment
from headgate.spec.environment import (
    EmbeddedEnvironment,
    Environment,
    FlinkCluster,
    HeadgateToml,
    RegistryAddress,
)
from headgate.spec.names import name_problem
from headgate.spec.project import CONFIG_FILE
from headgate.spec.read_toml import read_toml
from headgate.spec.secrets import is_reference
from headgate.spec.suggestion import did_you_mean
from headgate.spec.validate import validate

ENVIRONMENT_VARIABLE = "HEADGATE_ENV"
STACK_VARIABLE = "HEADGATE_STACK"
STACKS = Path(".headgate/stacks")
INSTALLED = Path(".headgate/install")
GATE = "handover-gate"
_NOWHERE = "http://127.0.0.1:9"
"""The discard port, on which nothing listens."""


@dataclass(frozen=True)
class ChosenEnvironment:
    """An environment of headgate.toml before its stack, if it has one, was looked at."""

    name: EnvironmentName
    declared: Environment | EmbeddedEnvironment
    stack: str | None


def load_config(project: Path) -> HeadgateToml:
    """`headgate.toml`, checked. Raises `SpecError` with every finding."""
    document = read_toml(project / CONFIG_FILE)
    config = validate(HeadgateToml, document)
    collector = Collector()
    if config.default not in config.environments:
        word = did_you_mean(config.default, config.environments)
        message = f"default: there is no environment '{config.default}'{word}"
        collector.extend([document.finding(message, "default")])
    for name, environment in config.environments.items():
        if isinstance(environment, Environment):
            collector.extend(check_environment(document, environment, ("environments", name)))
    collector.raise_if_any()
    return config


def choose_environment(project: Path, name: str | None) -> ChosenEnvironment:
    """The environment of that name, else HEADGATE_ENV, else the default of headgate.toml.

    Raises `SpecError` for a wrong file, `Rejected` for a name that is not in it.
    """
    config = load_config(project)
    chosen = name or os.environ.get(ENVIRONMENT_VARIABLE) or config.default
    declared = config.environments.get(chosen)
    if declared is None:
        raise Rejected(
            f"there is no environment '{chosen}' in {project / CONFIG_FILE}"
            f"{did_you_mean(chosen, config.environments)}",
            next_step=f"choose one of: {', '.join(config.environments)}",
        )
    stack = None
    if isinstance(declared, EmbeddedEnvironment):
        stack = os.environ.get(STACK_VARIABLE) or declared.stack
        problem = name_problem(stack)
        if problem:
            raise Rejected(f"{STACK_VARIABLE}: {problem}", next_step=f"correct {STACK_VARIABLE}")
    return ChosenEnvironment(EnvironmentName(chosen), declared, stack)


def load_environment(project: Path, name: str | None) -> NamedEnvironment:
    """The chosen environment with its addresses.

    Raises `SpecError` for a wrong file, `Rejected` for an unknown name, and `Unavailable` when
    the embedded stack that would provide it is not running.
    """
    chosen = choose_environment(project, name)
    settings = chosen.declared
    if isinstance(settings, EmbeddedEnvironment):
        settings = _offered_by_stack(project, str(chosen.stack)).model_copy(
            update={"owned_topic_prefixes": settings.owned_topic_prefixes}
        )
    return NamedEnvironment(chosen.name, _with_full_paths(settings, project), chosen.stack)


def load_environment_or_installed(project: Path, name: str | None) -> NamedEnvironment:
    """As `load_environment`, but without a running stack: then the installed Flink lines.

    Enough to compile SQL, which needs a line's interpreter and no server. Addresses lead nowhere.
    """
    try:
        return load_environment(project, name)
    except Unavailable:
        chosen = choose_environment(project, name)
        flink = {
            folder.name.removeprefix("flink-"): FlinkCluster(
                rest=_NOWHERE,
                python=folder / "bin/python",
                connectors=project / INSTALLED / "jars" / folder.name,
                gate=project / INSTALLED / GATE / folder.name / "handover-gate.jar",
            )
            for folder in sorted((project / INSTALLED).glob("flink-*"))
        }
        if not flink:
            raise
        state = project / STACKS / str(chosen.stack)
        settings = Environment(
            kafka={"bootstrap.servers": "127.0.0.1:9"},
            registry=RegistryAddress(url=_NOWHERE),
            flink=flink,
            state=str(state / "state"),
            artefacts=state / "artefacts",
            ledger="sqlite://",
        )
        return NamedEnvironment(chosen.name, settings, chosen.stack)


def _offered_by_stack(project: Path, stack: str) -> Environment:
    file = project / STACKS / stack / "environment.toml"
    if not file.is_file():
        raise not_running(stack)
    try:
        return validate(Environment, read_toml(file))
    except SpecError as error:
        raise Unavailable(
            f"the state of the stack '{stack}' cannot be read:\n{error.what}",
            next_step=f"headgate down --stack {stack}, then headgate up --stack {stack}",
        ) from error


def not_running(stack: str) -> HeadgateError:
    """The error that says how to start a stack."""
    option = "" if stack == "default" else f" --stack {stack}"
    return Unavailable(
        f"the stack '{stack}' is not running",
        still_true="Nothing was changed.",
        next_step=f"headgate up{option}",
    )


def _with_full_paths(settings: Environment, project: Path) -> Environment:
    """Paths of headgate.toml are relative to it; links are kept, a venv's python is one."""
    flink = {
        line: cluster.model_copy(
            update={
                "python": project / cluster.python,
                "connectors": cluster.connectors and project / cluster.connectors,
                "gate": cluster.gate and project / cluster.gate,
            }
        )
        for line, cluster in settings.flink.items()
    }
    changes: dict[str, object] = {
        "artefacts": project / settings.artefacts,
        "flink": flink,
        "kafka": {
            name: str(project / value) if _is_path(name, value) else value
            for name, value in settings.kafka.items()
        },
        "registry": settings.registry.model_copy(
            update={
                name: file and project / file
                for name, file in (
                    ("ca", settings.registry.ca),
                    ("certificate", settings.registry.certificate),
                    ("key", settings.registry.key),
                )
            }
        ),
    }
    if "://" not in settings.state:
        changes["state"] = str(project / settings.state)
    return settings.model_copy(update=changes)


def _is_path(setting: str, value: str) -> bool:
    """Whether a setting of librdkafka names a file. `probe` means the system's own CAs."""
    is_probe = (setting, value) == ("ssl.ca.location", "probe")
    return setting.endswith(".location") and not is_probe and not is_reference(value)
