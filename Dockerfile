# One image for all kinds of process: everything (the default), or `manage.py launch --only renderer`.
# docs/hosting.md says how it is run.
FROM python:3.12-slim AS requirements
WORKDIR /app
# The same script as `make run` uses; the code comes later, so that a change of it installs nothing again.
COPY requirements.txt requirements-dev.txt overrides.txt ./
COPY scripts/install scripts/install
RUN ./scripts/install

FROM python:3.12-slim
# A number, so that platforms can see that it is not root. /data is the only place that it may write to.
RUN groupadd --gid 10001 avatars \
    && useradd --uid 10001 --gid avatars --home-dir /data --no-create-home --shell /usr/sbin/nologin avatars \
    && install --directory --owner avatars --group avatars --mode 700 /data
WORKDIR /app
COPY --from=requirements /app/.venv .venv
COPY manage.py ./
COPY scripts/healthcheck scripts/healthcheck
COPY avatars avatars
COPY dashboard dashboard
COPY engine engine
COPY videos videos
COPY static static
COPY templates templates
ENV PATH=/app/.venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    DATA_DIR=/data \
    HOST=0.0.0.0 \
    LOG_TO=console
RUN python -m compileall -q avatars dashboard engine videos
USER 10001:10001
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=10s --start-period=120s --retries=3 CMD ["python", "scripts/healthcheck"]
CMD ["python", "manage.py", "launch"]
