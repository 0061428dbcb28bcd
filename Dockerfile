# The emulator as an image:
#   docker build --tag warehouse-sync-emulator .
#   docker run --rm --publish 127.0.0.1:8080:8080 warehouse-sync-emulator
FROM python:3.12-slim AS build
WORKDIR /source
COPY pyproject.toml README.md LICENSE ./
COPY warehouse_sync ./warehouse_sync
# The versions of the dependencies are those that pyproject.toml accepts.
# hadolint ignore=DL3013
RUN python -m venv --without-pip /opt/warehouse-sync \
    && pip --python /opt/warehouse-sync/bin/python install --no-cache-dir --no-compile '.[cli,emulator]'

FROM python:3.12-slim
COPY --from=build /opt/warehouse-sync /opt/warehouse-sync
ENV PATH="/opt/warehouse-sync/bin:$PATH" \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
# Any user without rights; no file of the image belongs to it.
USER 10001:10001
WORKDIR /tmp
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 \
    CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8080/_emulator/health', timeout=2)"]
ENTRYPOINT ["warehouse-sync", "emulator", "--host", "0.0.0.0", "--allow-remote"]
CMD ["--port", "8080"]
