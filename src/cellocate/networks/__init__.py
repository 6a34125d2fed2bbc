"""Networks: backbones, and the model (weights and all that is needed to use them rightly)."""

from cellocate.networks.backbone import build_backbone
from cellocate.networks.card import ModelCard, Normalisation, Provenance
from cellocate.networks.folder import load, save
from cellocate.networks.model import Model, Prediction

__all__ = ["Model", "ModelCard", "Normalisation", "Prediction", "Provenance", "build_backbone", "load", "save"]
