# syntax=docker/dockerfile:1
# The gRPC optimizer. Build from the repository's root:
#   docker build -f deploy/docker/optimizer.Dockerfile -t multibo/optimizer .
ARG PYTHON_IMAGE=python:3.11.14-slim-bookworm

FROM ${PYTHON_IMAGE} AS build
# An index of CPU wheels of PyTorch; without it the much larger CUDA build is taken.
ARG TORCH_INDEX=
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /opt/multibo
ENV PATH=/opt/multibo/bin:$PATH
WORKDIR /src
COPY constraints.txt .
RUN if [ -n "$TORCH_INDEX" ]; then \
        pip install --index-url "$TORCH_INDEX" -c constraints.txt torch; \
    fi
COPY . .
RUN pip install -c constraints.txt ".[optimizer,s3,otel]"

FROM ${PYTHON_IMAGE}
RUN useradd --uid 10001 --user-group --no-create-home --shell /usr/sbin/nologin multibo \
    && install -d -o multibo -g multibo /var/lib/multibo /run/multibo
COPY --from=build /opt/multibo /opt/multibo
ENV PATH=/opt/multibo/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    HOME=/tmp \
    OMP_WAIT_POLICY=PASSIVE \
    MULTIBO_CATALOG=/opt/multibo/lib/python3.11/site-packages/multibo/pretrained/catalog.toml \
    MULTIBO_OPTIMIZER_METRICS_LISTEN=0.0.0.0:9464
USER 10001:10001
EXPOSE 50051 9464
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s \
    CMD ["python", "-m", "multibo.telemetry.probe", "http://127.0.0.1:9464/readyz"]
ENTRYPOINT ["python", "-m", "multibo.optimizer"]
