"""Everything that may happen to what the world said. The only modules that write its tables."""

from apps.snapshots.actions.accounts import (
    AccountFixed,
    BudgetExceeded,
    change_account,
    install_accounts,
)
from apps.snapshots.actions.backfilling import NothingBrought, open_past_feed, store_past_poll
from apps.snapshots.actions.checking import Checked, check_facts
from apps.snapshots.actions.desk import EntryRefused, enter_injury, enter_result
from apps.snapshots.actions.feeds import FeedFixed, change_feed, register_feed
from apps.snapshots.actions.fetching import Fetched, ask_about_past, fetch_due
from apps.snapshots.actions.reading import ReadSoFar, read_unread
from apps.snapshots.actions.rereading import ReadAgain, reread_explained

__all__ = [
    "AccountFixed",
    "BudgetExceeded",
    "Checked",
    "EntryRefused",
    "FeedFixed",
    "Fetched",
    "NothingBrought",
    "ReadAgain",
    "ReadSoFar",
    "ask_about_past",
    "change_account",
    "change_feed",
    "check_facts",
    "enter_injury",
    "enter_result",
    "fetch_due",
    "install_accounts",
    "open_past_feed",
    "read_unread",
    "register_feed",
    "reread_explained",
    "store_past_poll",
]
