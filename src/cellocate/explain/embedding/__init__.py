"""Embeddings: a network's features of each field, the most similar fields, and plots.

Start with `embed_collection`, which writes an h5ad file, and `neighbours_of_ids`, which searches it.
"""

from cellocate.explain.embedding.embedding_plots import draw_neighbours, draw_umap
from cellocate.explain.embedding.embeddings import FEATURES, UMAP, Embeddings, embed_collection, read_embeddings
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
