"""Networks and models: a backbone, a head, and everything needed to use the weights correctly.

Start with `Model` in `model.py`, which predicts arrays, and `LocationNetwork` in `location_network.py`, the torch
module inside it. `model_card.py` defines `model.json`; `model_folder.py` saves and loads a model.
"""

from cellocate.networks.ensemble import Ensemble
from cellocate.networks.location_network import LocationNetwork, build_network, freeze
from cellocate.networks.model import Embedded, Model
from cellocate.networks.model_card import ModelCard, Normalisation, Provenance
from cellocate.networks.model_folder import learned_field_ids, load, load_backbone, save
from cellocate.networks.parameter_groups import layer_groups

__all__ = [
    "Embedded",
    "Ensemble",
    "LocationNetwork",
    "Model",
    "ModelCard",
    "Normalisation",
    "Provenance",
    "build_network",
    "freeze",
    "layer_groups",
    "learned_field_ids",
    "load",
    "load_backbone",
    "save",
]
