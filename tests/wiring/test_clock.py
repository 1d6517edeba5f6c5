"""The clock of this machine as an alarm, with its time turned by hand."""

import asyncio
from datetime import datetime, timedelta

from handturned import START, HandTurned
from tieout.wiring.clock import NAP_S_MAX, SystemTimer

MINUTE = timedelta(minutes=1)


class Machine(SystemTimer):
    """This machine, but for its time."""

    def __init__(self, hand: HandTurned) -> None:
        self._hand = hand

    def now(self) -> datetime:
        return self._hand.now()


def test_an_alarm_rings_at_its_moment():
    hand = HandTurned()
    rung: list[datetime] = []

    async def ringing() -> None:
        await Machine(hand).until(START + 150 * MINUTE)
        rung.append(hand.now())

    async def turning() -> None:
        alarm = asyncio.create_task(ringing())
        await hand.turn(300 * MINUTE)
        await alarm

    hand.run(turning())
    assert rung == [START + 150 * MINUTE]


def test_an_alarm_for_a_moment_that_is_past_rings_at_once():
    hand = HandTurned()
    hand.run(Machine(hand).until(START - MINUTE))
    assert hand.elapsed == timedelta()


def test_an_alarm_notices_within_a_minute_that_the_clock_was_set():
    nap = timedelta(seconds=NAP_S_MAX)
    for jump in (timedelta(hours=3), timedelta(hours=-3)):
        hand = HandTurned()
        alarm_done: list[bool] = []

        async def turning(hand=hand, jump=jump, alarm_done=alarm_done) -> None:
            alarm = asyncio.create_task(Machine(hand).until(START + 60 * MINUTE))
            await hand.turn(10.5 * MINUTE)
            await hand.jump(jump)
            assert not alarm.done()
            await hand.turn(nap)
            alarm_done.append(alarm.done())

        hand.run(turning())
        assert alarm_done == [True]
