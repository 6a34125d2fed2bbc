"""Embeddings: a network's features of each field, the most similar fields, and plots.

Start with `embed_collection`, which writes an h5ad file, and `neighbours_of_ids`, which searches it.
"""

from cellocate.explain.embedding.embedding_plots import draw_umap
from cellocate.explain.embedding.embeddings import Embeddings, embed_collection, read_embeddings
from cellocate.explain.embedding.neighbour_search import neighbours_of_ids, neighbours_of_images
from cellocate.explain.embedding.retrieval_score import measure_retrieval

__all__ = [
    "Embeddings",
    "draw_umap",
    "embed_collection",
    "measure_retrieval",
    "neighbours_of_ids",
    "neighbours_of_images",
    "read_embeddings",
]
