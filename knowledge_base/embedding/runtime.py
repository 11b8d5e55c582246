"""OpenVINO: imported without its telemetry, opened on the CPU."""

import hashlib
import json
import os
import sys
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any, cast

CPU = "CPU"


@cache
def openvino() -> Any:
    """The openvino module. Raises `ImportError` where there is none."""
    # Its import brings a package that reports usage to its maker. We call nothing that would start it; with
    # the package out of reach nothing can, and OpenVINO falls back on an empty stand-in of its own.
    cast(dict[str, ModuleType | None], sys.modules).setdefault("openvino_telemetry", None)
    import openvino as runtime

    return runtime


@cache
def core() -> Any:
    """OpenVINO's entry to its devices. Raises `ImportError`."""
    return openvino().Core()


def has_bf16() -> bool:
    """Whether this CPU multiplies 16-bit floats in hardware."""
    return "BF16" in _capabilities()


def cpu_id() -> str:
    """12 hexadecimal digits for this kind of CPU: what was measured on one holds for its like."""
    facts = [core().get_property(CPU, "FULL_DEVICE_NAME"), _capabilities(), _flags(), os.cpu_count()]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:12]


def compile_model(xml: Path, precision: str) -> Any:
    """The model in `xml`, ready to run with all cores in `precision` (f32 or bf16)."""
    options = {
        "INFERENCE_PRECISION_HINT": precision,
        "PERFORMANCE_HINT": "LATENCY",
        # Pinned, the threads of two processes would sit on the same cores.
        "ENABLE_CPU_PINNING": "NO",
    }
    return core().compile_model(str(xml), CPU, options)


def _capabilities() -> list[str]:
    return sorted(core().get_property(CPU, "OPTIMIZATION_CAPABILITIES"))


def _flags() -> str:
    # Virtual machines of one name differ in what they let through.
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return ""
    return next((line for line in lines if line.startswith(("flags", "Features"))), "")
