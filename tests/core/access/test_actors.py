"""Nobody writes under another's name: what stands before the slash comes from the token."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claudetask_core.errors import DomainError
from claudetask_core.schemas.token import Identity, TokenScope
from claudetask_core.services.access.actors import acting, require

ANN = Identity("k", TokenScope.WRITE, "ann")
SERVER = Identity("server", TokenScope.ADMIN)


@pytest.mark.parametrize(
    ("identity", "agent", "name"),
    [
        (None, None, None),
        (None, "builder", "builder"),
        (SERVER, "builder", "builder"),
        (SERVER, None, None),
        (ANN, None, "@ann"),
        (ANN, "builder", "@ann/builder"),
        (ANN, "@ann", "@ann"),
        (ANN, "@ann/builder", "@ann/builder"),
        (ANN, "ann", "@ann/ann"),
    ],
)
def test_a_name_is_the_agents_or_begins_with_the_holders(
    identity: Identity | None, agent: str | None, name: str | None
) -> None:
    assert acting(identity, agent) == name


@pytest.mark.parametrize("identity", [None, SERVER, ANN])
@pytest.mark.parametrize("agent", ["@bob", "@bob/x", "@annette", "@"])
def test_the_name_of_another_holder_is_refused(identity: Identity | None, agent: str) -> None:
    with pytest.raises(DomainError) as refusal:
        acting(identity, agent)
    assert refusal.value.code == "name_reserved"


@given(st.text(max_size=30) | st.sampled_from(["@ann/@bob", "@ann@bob", "@ann/", "/@bob"]))
def test_whatever_is_given_the_holder_stays_and_nobody_else_gets_their_name(agent: str) -> None:
    for identity in (ANN, SERVER, None):
        try:
            name = acting(identity, agent or None)
        except DomainError:
            continue
        is_anns = name is not None and name.startswith("@")
        assert is_anns == (identity is ANN)
        assert not is_anns or name == "@ann" or str(name).startswith("@ann/")


def test_each_scope_holds_those_before_it() -> None:
    order = list(TokenScope)
    for has in order:
        for needed in order:
            who = Identity("k", has, "ann")
            if order.index(has) >= order.index(needed):
                require(who, needed)
            else:
                with pytest.raises(DomainError) as refusal:
                    require(who, needed)
                assert refusal.value.details == {"scope": needed}
    require(None, TokenScope.ADMIN)
