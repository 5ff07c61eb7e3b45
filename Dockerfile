# The board for a team: REST, the page and MCP on port 8765, over a repository mounted at /project.

FROM python:3.13-slim AS build
WORKDIR /source
COPY pyproject.toml README.md LICENSE ./
COPY core ./core
COPY api ./api
COPY claudetask_mcp ./claudetask_mcp
RUN python -m venv /program && /program/bin/pip install --no-cache-dir ".[postgresql,redis]"

FROM python:3.13-slim
ARG CLAUDETASK_VERSION=0.1.0
LABEL org.opencontainers.image.title="ClaudeTask MCP" \
      org.opencontainers.image.version="${CLAUDETASK_VERSION}" \
      org.opencontainers.image.licenses="MIT"
RUN apt-get update \
 && apt-get install -y --no-install-recommends git \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --create-home --uid 1000 claudetask \
 && mkdir /project /board \
 && chown claudetask: /project /board \
 && chmod 1777 /board
# A volume takes this mode over, so that a container run as the repository's owner can write to it.
COPY --from=build /program /program
ENV PATH="/program/bin:$PATH" \
    PYTHONUNBUFFERED=1 \
    CLAUDETASK_PROJECT_PATH=/project \
    CLAUDETASK_DATA_DIR=/board \
    CLAUDETASK_HOST=0.0.0.0 \
    CLAUDETASK_PORT=8765
USER claudetask
WORKDIR /project
EXPOSE 8765
VOLUME ["/board"]
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s --retries=3 \
  CMD ["python", "-c", "import os, urllib.request; urllib.request.urlopen('http://127.0.0.1:' + os.environ['CLAUDETASK_PORT'] + '/health', timeout=4)"]
# Without CLAUDETASK_TOKEN it refuses to start: the address is one that others can reach.
ENTRYPOINT ["claudetask-mcp"]
CMD ["serve"]
