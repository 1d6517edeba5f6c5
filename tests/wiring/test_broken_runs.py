"""Runs that end in an error of ours: they are told, kept where that is possible, and go on."""

import pytest

from tieout.core.book import AccountId
from tieout.core.errors import StoreError
from tieout.store.memory import MemoryStore
from wiring.scripted import MINUTE, events


class Failing(MemoryStore):
    """Refuses what `refused` names, as a full disk does."""

    def __init__(self) -> None:
        super().__init__()
        self.refused: set[str] = set()

    def _refuse(self, what: str) -> None:
        if what in self.refused:
            raise StoreError("the disk is full")

    def commit(self, commit):
        self._refuse("commit")
        return super().commit(commit)

    def record_run(self, account, record, evidence):
        self._refuse("record_run")
        return super().record_run(account, record, evidence)

    def runs(self, *arguments, **options):
        self._refuse("runs")
        return super().runs(*arguments, **options)

    def add_event(self, event, *, account):
        self._refuse("add_event" if event.type.startswith("alert") else "")
        return super().add_event(event, account=account)


@pytest.fixture
def failing():
    return Failing()


def test_a_run_that_cannot_be_kept_is_told_and_the_next_one_ties_out(stage, failing):
    stage.venue("paper")
    service = stage.start(failing)
    failing.refused = {"commit"}
    stage.turn(11 * MINUTE)
    runs = failing.runs(AccountId("paper/1"))
    assert {(each.outcome, each.reason) for each in runs} == {("failed", "the disk is full")}
    (alert,) = events(failing, "alert:raised")
    assert "the disk is full" in alert["message"]
    assert all("the disk is full" in each for each in stage.log.texts("error"))

    failing.refused = set()
    stage.turn(5 * MINUTE)
    assert service.totals(AccountId("paper/1")).last.tied_out
    assert len(events(failing, "alert:recovered")) == 1


@pytest.mark.parametrize(
    "refused",
    [{"commit", "record_run"}, {"commit", "runs"}, {"commit", "add_event"}, {"commit", "run"}],
)
def test_a_store_that_takes_nothing_at_all_ends_no_schedule(stage, failing, refused):
    paper = stage.venue("paper")
    service = stage.start(failing)
    stage.turn(MINUTE)
    failing.refused = refused
    stage.turn(15 * MINUTE)
    assert len(paper.asked_at) == 4
    assert stage.log.texts("error") != []
    failing.refused = set()
    stage.turn(5 * MINUTE)
    assert service.totals(AccountId("paper/1")).last.tied_out


def test_a_connection_whose_failure_cannot_be_kept_is_logged(stage, failing):
    stage.venue("paper", gone=StoreError("away"))
    stage.start(failing)
    failing.refused = {"record_run"}
    stage.turn(6 * MINUTE)
    assert failing.runs() == []
    assert "the disk is full" in {each.facts.get("problem") for each in stage.log.said}


def test_an_unforeseen_fault_is_a_failed_run_with_an_alert_and_the_others_go_on(stage, failing):
    stage.venue("ill", error=ZeroDivisionError("planted"))
    stage.venue("well")
    service = stage.start(failing)
    stage.turn(11 * MINUTE)
    runs = failing.runs(AccountId("ill/1"))
    assert {each.outcome for each in runs} == {"failed"}
    assert all("this is a fault of Tieout: ZeroDivisionError" in each.reason for each in runs)
    (alert,) = events(failing, "alert:raised")
    assert alert["account"] == "ill/1"
    assert len(events(failing, "system:error")) == len(runs)
    assert service.totals(AccountId("well/1")).last.tied_out
    (first, *_) = [each for each in stage.log.said if each.level == "error"]
    assert isinstance(first.facts["exc_info"], ZeroDivisionError)


def test_an_unforeseen_fault_of_one_account_does_not_end_a_manual_sync(stage, failing):
    stage.venue("ill", error=ZeroDivisionError("planted"))
    stage.venue("well")
    service = stage.start(failing)
    ill, well = stage.timer.ask(service.sync())
    assert "this is a fault of Tieout: ZeroDivisionError" in str(ill.error)
    assert well.finished.record.tied_out


def test_an_unforeseen_fault_in_a_stream_is_told(stage, failing, monkeypatch):
    paper = stage.venue("paper")

    async def listen(_):
        raise ZeroDivisionError("planted")

    monkeypatch.setattr(paper, "listen", listen)
    stage.start(failing)
    (said,) = [each for each in stage.log.said if "[Stream]" in each.text]
    assert "this is a fault of Tieout: ZeroDivisionError" in said.facts["reason"]
    assert isinstance(said.facts["exc_info"], ZeroDivisionError)
