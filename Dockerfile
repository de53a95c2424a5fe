# Ngã Tư. CPU image:     docker build -t ngatu .
#         NVIDIA image:  docker build -t ngatu-nvidia --target nvidia .
#         Ray image:     docker build -t ngatu-cluster --target cluster .
# All run as uid 10001 with a read-only root; everything that changes lives in the volume /var/lib/ngatu.
# tests/deploy runs the same commands without a container engine.

ARG PYTHON=3.11-slim-bookworm

# ---- packages: exactly the pins of the lock, then the project as a wheel; no build tools in what runs -------------
FROM python:${PYTHON} AS packages
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
# hadolint ignore=DL3008
RUN apt-get update && apt-get install -y --no-install-recommends binutils && rm -rf /var/lib/apt/lists/*
WORKDIR /build
RUN python -m venv /opt/ngatu
COPY requirements.lock ./
# font-roboto is published as source only; everything else must come built.
RUN /opt/ngatu/bin/pip install --only-binary :all: --no-binary font-roboto -r requirements.lock
COPY . ./
RUN /opt/ngatu/bin/pip install --no-deps .

FROM packages AS nvidia-packages
RUN /opt/ngatu/bin/pip install --only-binary :all: -r deploy/requirements-nvidia.lock \
    && deploy/slim_packages.sh /opt/ngatu/lib/python3.11/site-packages \
    && /opt/ngatu/bin/pip uninstall --yes pip

FROM packages AS cluster-packages
RUN /opt/ngatu/bin/pip install --only-binary :all: -r deploy/requirements-cluster.lock \
    && deploy/slim_packages.sh /opt/ngatu/lib/python3.11/site-packages \
    && /opt/ngatu/bin/pip uninstall --yes pip

FROM packages AS cpu-packages
RUN deploy/slim_packages.sh /opt/ngatu/lib/python3.11/site-packages && /opt/ngatu/bin/pip uninstall --yes pip

# ---- base: system libraries and the unprivileged user -------------------------------------------------------------
FROM python:${PYTHON} AS base
# Printed papers need Pango, HarfBuzz and a font with Vietnamese letters.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends \
        libglib2.0-0 libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-dejavu-core \
    && rm -rf /var/lib/apt/lists/* \
    && groupadd --gid 10001 ngatu \
    && useradd --uid 10001 --gid ngatu --no-create-home --home-dir /tmp --shell /usr/sbin/nologin ngatu \
    && install -d -o ngatu -g ngatu /var/lib/ngatu /recordings
ENV PATH=/opt/ngatu/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    HOME=/tmp \
    NGATU_STATE=/var/lib/ngatu
WORKDIR /var/lib/ngatu
VOLUME ["/var/lib/ngatu", "/recordings"]
USER 10001:10001
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/health', timeout=4)"]
ENTRYPOINT ["ngatu"]
CMD ["serve", "--host", "0.0.0.0"]

# ---- nvidia: ONNX Runtime with CUDA; the card's driver comes from the host through the container toolkit ----------
FROM base AS nvidia
COPY --from=nvidia-packages /opt/ngatu /opt/ngatu
ENV NGATU_INFERENCE=onnxruntime \
    NVIDIA_VISIBLE_DEVICES=all \
    NVIDIA_DRIVER_CAPABILITIES=compute,utility \
    LD_LIBRARY_PATH=/opt/ngatu/lib/python3.11/site-packages/nvidia/cu13/lib:/opt/ngatu/lib/python3.11/site-packages/nvidia/cudnn/lib

# ---- cluster: Ray, for `ngatu watch --cluster` and the nodes that its groups run on --------------------------------
FROM base AS cluster
COPY --from=cluster-packages /opt/ngatu /opt/ngatu
ENV RAY_USAGE_STATS_ENABLED=0

# ---- test-source: rendered junctions over RTSP, for trying the system without a camera ----------------------------
FROM debian:bookworm-slim AS test-source
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends \
        python3-gi gir1.2-gstreamer-1.0 gir1.2-gst-rtsp-server-1.0 \
        gstreamer1.0-plugins-base gstreamer1.0-plugins-good gstreamer1.0-plugins-bad \
    && rm -rf /var/lib/apt/lists/*
COPY fixtures/rtsp/serve.py deploy/test-source/serve.sh deploy/test-source/mounts.json /opt/test-source/
COPY fixtures/clips/day_runners.mp4 fixtures/clips/day_runners.sub.mp4 /opt/test-source/
WORKDIR /opt/test-source
USER 65534:65534
EXPOSE 8554
HEALTHCHECK --interval=10s --timeout=5s --start-period=10s --retries=3 \
    CMD ["python3", "-c", "import socket; socket.create_connection(('127.0.0.1', 8554), timeout=4)"]
CMD ["sh", "serve.sh"]

# ---- cpu: the default ---------------------------------------------------------------------------------------------
FROM base AS cpu
COPY --from=cpu-packages /opt/ngatu /opt/ngatu
