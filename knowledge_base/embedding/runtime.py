"""OpenVINO: imported without its telemetry, opened on the CPU."""

import sys
from functools import cache
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
def operations() -> Any:
    """What a graph is made of: the newest set of operations whose form is fixed. Raises `ImportError`."""
    openvino()
    from openvino import opset15

    return opset15


@cache
def core() -> Any:
    """OpenVINO's entry to its devices. Raises `ImportError`."""
    return openvino().Core()


def has_bf16() -> bool:
    """Whether this CPU multiplies 16-bit floats in hardware."""
    return "BF16" in core().get_property(CPU, "OPTIMIZATION_CAPABILITIES")


def compile_model(graph: Any, precision: str) -> Any:
    """The `openvino.Model`, ready to run with all cores in `precision` (f32 or bf16)."""
    options = {
        "INFERENCE_PRECISION_HINT": precision,
        "PERFORMANCE_HINT": "LATENCY",
        # Pinned, the threads of two processes would sit on the same cores.
        "ENABLE_CPU_PINNING": "NO",
    }
    return core().compile_model(graph, CPU, options)
