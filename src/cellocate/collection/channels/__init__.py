"""Which channel is which: what names say, what a user says, and the question where neither tells."""

from cellocate.collection.channels.assign_channels import ChannelChoices, UnclearChannelsError, assign
from cellocate.collection.channels.user_choice import (
    UNKNOWN,
    ChannelNames,
    describe_channels,
    format_pairs,
    parse_mapping,
    parse_pairs,
    parse_value,
)

__all__ = [
    "UNKNOWN",
    "ChannelChoices",
    "ChannelNames",
    "UnclearChannelsError",
    "assign",
    "describe_channels",
    "format_pairs",
    "parse_mapping",
    "parse_pairs",
    "parse_value",
]
