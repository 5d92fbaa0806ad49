# syntax=docker/dockerfile:1
# A render worker, for CPUs or for NVIDIA GPUs. Build from the repository's root:
#   docker build -f deploy/docker/render.Dockerfile --target cpu  -t multibo/render:cpu .
#   docker build -f deploy/docker/render.Dockerfile --target cuda -t multibo/render:cuda .
# PyTorch's wheels bring CUDA with them; the host brings the driver (NVIDIA Container Toolkit).
ARG PYTHON_IMAGE=python:3.11.14-slim-bookworm

FROM ${PYTHON_IMAGE} AS base
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /opt/multibo
ENV PATH=/opt/multibo/bin:$PATH
WORKDIR /src
COPY constraints.txt .

FROM base AS build-cpu
# An index of CPU wheels of PyTorch; without it the much larger CUDA build is taken.
ARG TORCH_INDEX=
RUN if [ -n "$TORCH_INDEX" ]; then \
        pip install --index-url "$TORCH_INDEX" -c constraints.txt torch; \
    fi
COPY . .
RUN pip install -c constraints.txt ".[render,s3,otel]"

FROM base AS build-cuda
# An index of wheels for another CUDA version than the default one.
ARG TORCH_INDEX=
RUN pip install ${TORCH_INDEX:+--index-url "$TORCH_INDEX"} -c constraints.txt torch
COPY . .
RUN pip install -c constraints.txt ".[render,s3,otel]"

FROM ${PYTHON_IMAGE} AS runtime
RUN useradd --uid 10001 --user-group --no-create-home --shell /usr/sbin/nologin multibo \
    && install -d -o multibo -g multibo /var/lib/multibo
ENV PATH=/opt/multibo/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    HOME=/tmp \
    OMP_WAIT_POLICY=PASSIVE \
    HF_HUB_OFFLINE=1 \
    MULTIBO_CATALOG=/opt/multibo/lib/python3.11/site-packages/multibo/pretrained/catalog.toml \
    MULTIBO_RENDER_METRICS_LISTEN=0.0.0.0:9465
EXPOSE 9465
# Ready means that the golden picture came out right: minutes with a large model.
HEALTHCHECK --interval=15s --timeout=3s --start-period=300s \
    CMD ["python", "-m", "multibo.telemetry.probe", "http://127.0.0.1:9465/readyz"]
ENTRYPOINT ["python", "-m", "multibo.render"]

FROM runtime AS cuda
ENV NVIDIA_VISIBLE_DEVICES=all NVIDIA_DRIVER_CAPABILITIES=compute,utility
COPY --from=build-cuda /opt/multibo /opt/multibo
USER 10001:10001

# Last, hence the default.
FROM runtime AS cpu
COPY --from=build-cpu /opt/multibo /opt/multibo
USER 10001:10001
