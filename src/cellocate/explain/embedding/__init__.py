"""Embeddings: fields as points, their neighbours, and pictures of both."""

from cellocate.explain.embedding.embeddings import (
    FEATURES,
    UMAP,
    Embeddings,
    embed_collection,
    features_of,
    read_embeddings,
)
from cellocate.explain.embedding.neighbours import Index, Nearest, nearest, without
from cellocate.explain.embedding.pictures import draw_nearest, draw_plane
from cellocate.explain.embedding.quality import Retrieval, retrieval

__all__ = [
    "FEATURES",
    "UMAP",
    "Embeddings",
    "Index",
    "Nearest",
    "Retrieval",
    "draw_nearest",
    "draw_plane",
    "embed_collection",
    "features_of",
    "nearest",
    "read_embeddings",
    "retrieval",
    "without",
]
