#!/bin/sh
# Runs once, when the data folder is made: the two log-ins and the database. The same names and
# limits as apps/ops/embedded/roles.py; a test compares them.
set -eu

psql --username postgres --dbname postgres --set ON_ERROR_STOP=1 \
    --set owner_password="$(cat /run/secrets/owner)" \
    --set login_password="$(cat /run/secrets/login)" <<'SQL'
CREATE ROLE beatvegas_owner NOSUPERUSER LOGIN CREATEROLE CREATEDB PASSWORD :'owner_password';
ALTER ROLE beatvegas_owner SET statement_timeout = '0';
ALTER ROLE beatvegas_owner SET lock_timeout = '5s';
ALTER ROLE beatvegas_owner SET idle_in_transaction_session_timeout = '60s';

CREATE ROLE beatvegas NOSUPERUSER LOGIN PASSWORD :'login_password';
ALTER ROLE beatvegas SET statement_timeout = '5s';
ALTER ROLE beatvegas SET lock_timeout = '2s';
ALTER ROLE beatvegas SET idle_in_transaction_session_timeout = '15s';

GRANT beatvegas TO beatvegas_owner;
GRANT pg_signal_backend TO beatvegas_owner;
CREATE DATABASE beatvegas OWNER beatvegas_owner;
SQL
