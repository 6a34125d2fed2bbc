"""Networks: bodies and heads, and the model (weights and all that is needed to use them rightly)."""

from cellocate.networks.card import ModelCard, Normalisation, Provenance
from cellocate.networks.ensemble import Ensemble
from cellocate.networks.folder import learnt_from, load, load_body, save
from cellocate.networks.groups import layer_groups
from cellocate.networks.model import Embedded, Model
from cellocate.networks.network import LocationNetwork, build_network, freeze, parameters

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
    "learnt_from",
    "load",
    "load_body",
    "parameters",
    "save",
]
