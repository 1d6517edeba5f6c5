"""Telling others: webhooks for programs, chat and mail for people."""

from tieout.notify.chat import Chat
from tieout.notify.deliveries import Deliveries
from tieout.notify.target import Target, Undelivered, Wanted
from tieout.notify.webhook import Webhook

__all__ = ["Chat", "Deliveries", "Target", "Undelivered", "Wanted", "Webhook"]
