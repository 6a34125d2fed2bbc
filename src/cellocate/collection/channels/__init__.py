"""Which channel is which: what names say, what a user says, and the question where neither tells."""

from cellocate.collection.channels.choice import ChannelChoices, UnclearChannelsError, assign
from cellocate.collection.channels.user_choice import UNKNOWN, Named, by_channel, parse, read_as, typed, written

__all__ = [
    "UNKNOWN",
    "ChannelChoices",
    "Named",
    "UnclearChannelsError",
    "assign",
    "by_channel",
    "parse",
    "read_as",
    "typed",
    "written",
]
