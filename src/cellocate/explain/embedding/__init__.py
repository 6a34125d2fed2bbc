"""Embeddings: fields as points, their neighbours, and pictures of both."""

from cellocate.explain.embedding.embedding_plots import draw_neighbours, draw_umap
from cellocate.explain.embedding.embeddings import (
    FEATURES,
    UMAP,
    Embeddings,
    embed_collection,
    read_embeddings,
)
from cellocate.explain.embedding.nearest import Index, Nearest, drop_excluded, find_nearest
from cellocate.explain.embedding.neighbour_search import NeighbourSearch, neighbours_of_ids, neighbours_of_images
from cellocate.explain.embedding.retrieval_score import Retrieval, measure_retrieval

__all__ = [
    "FEATURES",
    "UMAP",
    "Embeddings",
    "Index",
    "Nearest",
    "NeighbourSearch",
    "Retrieval",
    "draw_neighbours",
    "draw_umap",
    "drop_excluded",
    "embed_collection",
    "find_nearest",
    "measure_retrieval",
    "neighbours_of_ids",
    "neighbours_of_images",
    "read_embeddings",
]
