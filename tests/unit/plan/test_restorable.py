"""State is restored where it fits, and refused with every state that does not."""

from dataclasses import replace

import pytest
from headgate.errors import Rejected
from headgate.ids import Digest, JobName
from headgate.plan.restorable import KeptState, refuse_unfit, unknown_state
from headgate.plan.state_manifest import OperatorState, StateManifest

JOB = JobName("beats")
MANIFEST = StateManifest({"count": OperatorState("String", {"beats": "value Long"})}, 128, None)
PYTHON = KeptState(None, MANIFEST)
SQL = KeptState(Digest("plan"), MANIFEST)


def with_states(**states: str) -> KeptState:
    return KeptState(None, StateManifest({"count": OperatorState("String", states)}, 128, None))


def test_equal_state_is_restored() -> None:
    assert refuse_unfit(JOB, PYTHON, PYTHON) == ()
    assert refuse_unfit(JOB, SQL, SQL) == ()


def test_added_state_is_restored_and_told() -> None:
    wanted = with_states(beats="value Long", more="list Long")
    (found,) = refuse_unfit(JOB, PYTHON, wanted)
    assert (found.kind, found.state) == ("added", "more")


def test_every_state_that_does_not_fit_is_named_with_what_to_do() -> None:
    made = with_states(beats="value Long", rate="value Double")
    with pytest.raises(Rejected) as refused:
        refuse_unfit(JOB, made, with_states(beats="value String"), still_true="It runs on.")
    text = str(refused.value)
    assert "state 'beats' of operator 'count'" in text
    assert "value Long → value String" in text
    assert "state 'rate' of operator 'count' is gone" in text
    assert "It runs on." in text
    assert "headgate deploy beats --start-empty" in text
    assert "take the change back" in text


def test_other_sql_is_refused_even_where_its_states_look_alike() -> None:
    """Nodes of another plan are numbered as that plan came about, not as the one before."""
    with pytest.raises(Rejected, match="its SQL has changed"):
        refuse_unfit(JOB, SQL, replace(SQL, plan_digest=Digest("other")))


@pytest.mark.parametrize("snapshot", ["native", "checkpoint"])
def test_other_backend_reads_canonical_savepoints_only(snapshot: str) -> None:
    wanted = KeptState(None, replace(MANIFEST, backend="hashmap"))
    assert refuse_unfit(JOB, PYTHON, wanted, snapshot="canonical") == ()
    with pytest.raises(Rejected, match=r"state\.backend\.type"):
        refuse_unfit(JOB, PYTHON, wanted, snapshot=snapshot)  # type: ignore[arg-type]


def test_deployment_without_manifest_is_compared_by_its_plan() -> None:
    unknown = KeptState(Digest("plan"), None)
    assert refuse_unfit(JOB, unknown, SQL) == ()
    assert "digest of its plan" in unknown_state(unknown)
    with pytest.raises(Rejected, match="its SQL has changed"):
        refuse_unfit(JOB, unknown, replace(SQL, plan_digest=Digest("other")))
    assert "nothing of it could be compared" in unknown_state(KeptState(None, None))
    assert unknown_state(SQL) == ""
