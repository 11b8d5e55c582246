"""The one place that knows the embedding model: texts in, vectors out."""

from knowledge_base.embedding.embedder import Embedder, SentenceTransformerEmbedder, create_embedder
from knowledge_base.embedding.model import Vectors
from knowledge_base.embedding.source import DEFAULT_MODEL

__all__ = ["DEFAULT_MODEL", "Embedder", "SentenceTransformerEmbedder", "Vectors", "create_embedder"]
