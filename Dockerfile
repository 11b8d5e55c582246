# One image for all programs; docker-compose.yml says which one a container runs.
FROM python:3.12-slim AS build

WORKDIR /src
COPY pyproject.toml constraints.txt README.md LICENSE build_page.py hatch_build.py ./
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
# PIP_EXTRA_INDEX_URL: the index with PyTorch's CPU builds spares several GB of CUDA (docs/installation.md).
ARG TORCH=torch==2.13.0
ARG PIP_EXTRA_INDEX_URL
RUN python -m venv /opt/owflex \
    && /opt/owflex/bin/pip install --no-cache-dir "$TORCH" \
    && /opt/owflex/bin/pip install --no-cache-dir --constraint constraints.txt .

FROM python:3.12-slim

COPY --from=build /opt/owflex /opt/owflex
RUN useradd --create-home --uid 1000 owflex && install -d -o owflex /data /documents
ENV PATH=/opt/owflex/bin:$PATH \
    OWFLEX_HOME=/data \
    HF_HUB_OFFLINE=1 \
    PYTHONUNBUFFERED=1 \
    TZ=UTC
USER owflex
WORKDIR /home/owflex
EXPOSE 8000 8001
CMD ["owflex", "--help"]
