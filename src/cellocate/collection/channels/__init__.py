"""Channels: find out which one shows the nucleus, the protein, the microtubules and the ER.

Names of channels and files are understood by a table of stains (`stain_names.py`, `name_meaning.py`); what the user
writes takes precedence (`user_choice.py`). Read `assign` first: it decides, or asks with a proposed answer.
"""

from cellocate.collection.channels.assign_channels import ChannelChoices, UnclearChannelsError, assign
from cellocate.collection.channels.user_choice import (
    UNKNOWN,
    describe_channels,
    format_pairs,
    parse_mapping,
    parse_pairs,
    parse_value,
)

__all__ = [
    "UNKNOWN",
    "ChannelChoices",
    "UnclearChannelsError",
    "assign",
    "describe_channels",
    "format_pairs",
    "parse_mapping",
    "parse_pairs",
    "parse_value",
]
