# The gateway's image.
#
#   docker build .                                on a machine that can pull
#   docker build --build-arg BASE=my/base:1 .     on a base of your own: Debian or Ubuntu with Python 3.11 or later, or with apt
#
# A tag may be moved. An image that others run is built on a digest: make release-image BASE=python:3.12-slim-bookworm@sha256:…
#
# It is run as root, with the engine's socket and the run directory mounted at the same paths as on the host: compose.yaml shows how.

ARG BASE=python:3.12-slim-bookworm

FROM ${BASE} AS base
# What a bare base lacks. Python images from a registry have it all.
RUN python3 -c 'import ensurepip, venv' 2>/dev/null && [ -s /etc/ssl/certs/ca-certificates.crt ] \
 || { apt-get update && apt-get install -y --no-install-recommends python3 python3-venv ca-certificates && rm -rf /var/lib/apt/lists/*; }

FROM base AS build
# For a package index of your own; pip reads them from the environment. It trusts the authorities that the base trusts.
ARG PIP_INDEX_URL
ARG PIP_EXTRA_INDEX_URL
ARG PIP_TRUSTED_HOST
ENV PIP_CERT=/etc/ssl/certs/ca-certificates.crt PIP_DISABLE_PIP_VERSION_CHECK=1
COPY locks /src/locks
# What comes from the index is in the lock files, with its hashes; our own packages are built of that, in a directory of its own.
RUN python3 -m venv /opt/build /opt/callgate \
 && /opt/build/bin/python -m pip install --no-cache-dir --quiet --require-hashes --requirement /src/locks/build.txt \
 && /opt/callgate/bin/python -m pip install --no-cache-dir --quiet --require-hashes --requirement /src/locks/gateway.txt
COPY clients/python /src/clients/python
COPY pyproject.toml hatch_build.py README.md LICENSE /src/
COPY gateway /src/gateway
COPY registry /src/registry
COPY sandbox /src/sandbox
RUN /opt/build/bin/python -m pip wheel --quiet --no-index --no-deps --no-build-isolation --wheel-dir /wheels /src/clients/python /src \
 && /opt/callgate/bin/python -m pip install --quiet --no-index --no-deps /wheels/*.whl

FROM base
COPY --from=build /opt/callgate /opt/callgate
ENV PATH=/opt/callgate/bin:$PATH PYTHONUNBUFFERED=1
# -P: Python takes no directory of the host, wherever it is mounted, for a package of ours.
ENTRYPOINT ["/opt/callgate/bin/python", "-P", "-m", "gateway"]
