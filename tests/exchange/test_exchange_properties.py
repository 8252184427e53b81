"""Whatever fails in whatever order: nothing lost, nothing doubled, nothing newer overwritten."""

import asyncio
import contextlib
import itertools
import json
from collections.abc import Callable

import httpx
from hypothesis import given, settings
from hypothesis import strategies as st

from dzop.exchange.hub.state import Version
from tests.exchange.fakes import ABOUT_MARIA, MARIA, OURS, THEIRS, Killed, World, goal, plan

PERSON = "Patient/maria"
GOALS = ("a", "b")

STEPS = st.one_of(
    st.tuples(st.just("write"), st.sampled_from(GOALS)),
    st.tuples(st.just("write plan"), st.just("")),
    st.tuples(st.just("delete"), st.sampled_from(GOALS)),
    st.tuples(st.just("gp changes"), st.integers(0, 3).map(str)),
    st.tuples(st.just("gp adds"), st.just("")),
    st.tuples(st.sampled_from(["deliver", "pull"]), st.just("")),
    st.tuples(st.sampled_from(["killed delivering", "killed pulling"]), st.integers(0, 9).map(str)),
    st.tuples(st.just("faults"), st.sampled_from(["", "down", "twice", "error:0.5", "repeated"])),
    st.tuples(st.just("hide"), st.sampled_from(GOALS)),
    st.tuples(st.just("show"), st.sampled_from(GOALS)),
)


class Story:
    """A run of steps on one world; every content written anywhere has a number of its own."""

    def __init__(self) -> None:
        self.world = World()
        self.adapter = self.world.adapter()
        self.numbers = 0

    async def step(self, name: str, detail: str) -> None:
        self.world.clock.advance(minutes=20)
        if name.startswith("killed"):
            await self._killed(name, int(detail))
        elif name in ("deliver", "pull"):
            await getattr(self.adapter, name)()
        else:
            getattr(self, "_" + name.replace(" ", "_"))(detail)

    async def end(self) -> None:
        """All is well again, and everything gets its turn."""
        self.world.faults("")
        self.world.store.hidden.clear()
        self.adapter = self.world.restart()
        self.world.store.facts_changed(PERSON)
        for _ in range(3):
            self.world.clock.advance(minutes=20)
            await self.adapter.deliver()
            await self.adapter.pull()

    async def _killed(self, name: str, at: int) -> None:
        """At request `at // 2` of the pass, before (even) or after (odd) the hub has it."""
        passes = {"killed delivering": self.adapter.deliver, "killed pulling": self.adapter.pull}
        strikes = _at_request(at // 2)
        if at % 2:
            self.world.kill_after = strikes
        else:
            self.world.kill_before = strikes
        with contextlib.suppress(Killed):
            await passes[name]()
        self.adapter = self.world.restart()

    def _write(self, id: str) -> None:
        self.world.store.write(PERSON, goal(id, text=self._text()))

    def _write_plan(self, _: str) -> None:
        self.world.store.write(PERSON, plan("Goal/a", "Goal/b", title=self._text()))

    def _delete(self, id: str) -> None:
        if self.world.store.versions.get(f"Goal/{id}", [None])[-1] is not None:
            self.world.store.write(PERSON, None, f"Goal/{id}")

    def _gp_changes(self, which: str) -> None:
        living = [version for version in self.world.hub.newest(MARIA, "Goal") if version.body]
        if living:
            version = living[int(which) % len(living)]
            content = {**json.loads(version.body or ""), "description": {"text": self._text()}}
            self.world.hub_puts("Goal", content, version.node, version.version)

    def _gp_adds(self, _: str) -> None:
        new = {"lifecycleStatus": "active", "subject": ABOUT_MARIA, "description": {"text": self._text()}}
        self.world.hub_puts("Goal", new)

    def _faults(self, spec: str) -> None:
        self.world.faults(spec)

    def _hide(self, id: str) -> None:
        self.world.store.hidden.add(f"Goal/{id}")

    def _show(self, id: str) -> None:
        self.world.store.hidden.discard(f"Goal/{id}")
        self.world.store.facts_changed(PERSON)

    def _text(self) -> str:
        self.numbers += 1
        return f"tekst {self.numbers}"

    def histories(self) -> dict[str, list[Version]]:
        """Every version of every node of the hub."""
        return {
            version.node: [
                self.world.hub._nodes[MARIA, version.type, version.node][number]
                for number in range(version.version)
            ]
            for version in self.world.hub.newest(MARIA)
        }


def _at_request(number: int) -> Callable[[httpx.Request], bool]:
    asked = iter(range(1000))
    return lambda _: next(asked) == number


def told(stories: list[tuple[str, str]]) -> Story:
    async def tell() -> Story:
        story = Story()
        for step in stories:
            await story.step(*step)
        await story.end()
        return story

    return asyncio.run(tell())


def text(body: str | bytes | None) -> str:
    resource = json.loads(body or "null") or {}
    found: str = resource.get("title") or resource.get("description", {}).get("text", "")
    return found


STORIES = st.lists(STEPS, max_size=14)
few = settings(max_examples=60, deadline=None)


@few
@given(STORIES)
def test_a_resource_has_at_most_one_living_node(steps: list[tuple[str, str]]) -> None:
    story = told(steps)
    living = [
        "/".join(history[0].key.split("/")[:2])
        for history in story.histories().values()
        if history[-1].body is not None and history[0].organization == OURS
    ]
    assert sorted(set(living)) == sorted(living)


@few
@given(STORIES)
def test_what_the_hub_lacks_in_the_end_is_set_aside_with_a_kept_change(steps: list[tuple[str, str]]) -> None:
    story = told(steps)
    store = story.world.store
    newest = {text(version.body) for version in story.world.hub.newest(MARIA) if version.body}
    lacking = {
        reference
        for reference, history in store.versions.items()
        if history[-1] is not None and text(json.dumps(history[-1])) not in newest
    }
    kept = {change.reference for change, _, _ in store.kept}
    assert lacking == {reference for reference in lacking if reference in kept}


@few
@given(STORIES)
def test_nothing_waits_in_the_end_but_what_met_a_kept_change(steps: list[tuple[str, str]]) -> None:
    story = told(steps)
    kept = {change.reference for change, _, _ in story.world.store.kept}
    assert set() == story.world.store.waiting(PERSON).keys() - kept


@few
@given(STORIES)
def test_every_last_word_of_gp_software_is_applied_or_kept(steps: list[tuple[str, str]]) -> None:
    story = told(steps)
    store = story.world.store
    theirs = {
        text(history[-1].body)
        for history in story.histories().values()
        if history[-1].organization == THEIRS and history[-1].body
    }
    applied = {text(json.dumps(one)) for history in store.versions.values() for one in history if one}
    kept = {text(change.body) for change, _, _ in store.kept}
    assert set() == theirs - applied - kept


@few
@given(STORIES)
def test_at_the_hub_our_versions_only_get_newer(steps: list[tuple[str, str]]) -> None:
    story = told(steps)
    for history in story.histories().values():
        ours = [int(text(one.body).split()[1]) for one in history if one.organization == OURS and one.body]
        assert sorted(ours) == ours


@few
@given(STORIES)
def test_a_change_of_gp_software_is_never_overwritten_unseen(steps: list[tuple[str, str]]) -> None:
    story = told(steps)
    applied = {text(json.dumps(one)) for history in story.world.store.versions.values() for one in history}
    for history in story.histories().values():
        for before, after in itertools.pairwise(history):
            if before.organization == THEIRS and after.organization == OURS:
                assert text(before.body) in applied


@few
@given(STORIES)
def test_no_change_is_applied_twice(steps: list[tuple[str, str]]) -> None:
    story = told(steps)
    texts = [
        text(json.dumps(one)) for history in story.world.store.versions.values() for one in history if one
    ]
    assert sorted(set(texts)) == sorted(texts)
