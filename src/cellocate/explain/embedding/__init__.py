"""Embeddings: fields as points, their neighbours, and pictures of both."""

from cellocate.explain.embedding.answer import Answer, ask_for_ids, ask_for_images
from cellocate.explain.embedding.embeddings import (
    FEATURES,
    UMAP,
    Embeddings,
    embed_collection,
    read_embeddings,
)
from cellocate.explain.embedding.neighbours import Index, Nearest, nearest, without
from cellocate.explain.embedding.pictures import draw_nearest, draw_plane
from cellocate.explain.embedding.quality import Retrieval, retrieval

__all__ = [
    "FEATURES",
    "UMAP",
    "Answer",
    "Embeddings",
    "Index",
    "Nearest",
    "Retrieval",
    "ask_for_ids",
    "ask_for_images",
    "draw_nearest",
    "draw_plane",
    "embed_collection",
    "nearest",
    "read_embeddings",
    "retrieval",
    "without",
]
