# The steps of the README, in an image: a virtual environment from the lock file, then dzop itself.
FROM python:3.11-slim-bookworm AS built
WORKDIR /src
COPY pyproject.toml requirements.lock README.md LICENSE ./
COPY consent consent
COPY terminology terminology
COPY dzop dzop
RUN python -m venv /opt/dzop \
    && /opt/dzop/bin/pip install --no-cache-dir --constraint requirements.lock .

FROM python:3.11-slim-bookworm
RUN useradd --system --create-home --home-dir /var/lib/dzop dzop
COPY --from=built /opt/dzop /opt/dzop
ENV PATH=/opt/dzop/bin:$PATH PYTHONUNBUFFERED=1 DZOP_HOST=0.0.0.0 DZOP_VAR=/var/lib/dzop/var
USER dzop
WORKDIR /var/lib/dzop
RUN mkdir var
VOLUME /var/lib/dzop/var
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/health/ready', timeout=2)"]
CMD ["dzop", "serve"]
