# syntax=docker/dockerfile:1
# The gateway: the page and gRPC-Web. Build from the repository's root:
#   docker build -f deploy/docker/gateway.Dockerfile -t multibo/gateway .
ARG PYTHON_IMAGE=python:3.11.14-slim-bookworm

FROM ${PYTHON_IMAGE} AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /opt/multibo
ENV PATH=/opt/multibo/bin:$PATH
WORKDIR /src
COPY . .
RUN pip install -c constraints.txt ".[gateway,s3]"

FROM ${PYTHON_IMAGE}
RUN useradd --uid 10001 --user-group --no-create-home --shell /usr/sbin/nologin multibo
COPY --from=build /opt/multibo /opt/multibo
ENV PATH=/opt/multibo/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    MULTIBO_GATEWAY_LISTEN=0.0.0.0:8080
USER 10001:10001
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=15s \
    CMD ["python", "-m", "multibo.telemetry.probe", "http://127.0.0.1:8080/healthz"]
ENTRYPOINT ["python", "-m", "multibo.gateway"]
