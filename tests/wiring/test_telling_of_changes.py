"""Changes of settings while the service runs are told, and only those."""

from wiring.scripted import events


def test_what_changes_nothing_is_no_change(stage, store):
    stage.venue("paper")
    service = stage.start(store)
    for changed in (
        {"service.is_paused": True},
        {"service.is_paused": True},
        {"service.schedule": "60"},
        {"service.schedule": "60", "service.timezone": None},
    ):
        stage.timer.ask(service.change_settings(changed, by="test"))
    assert [each["changed"] for each in events(store, "settings:changed")] == [
        {"service.is_paused": True},
        {"service.schedule": "60"},
    ]
