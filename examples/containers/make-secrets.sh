#!/bin/sh
# Makes the secrets that docker-compose.yml mounts, each a file in ./secrets; what is there already stays as it is.
# Run it in the folder of docker-compose.yml, as the user who owns the files: the containers work as that user
# (OWFLEX_UID and OWFLEX_GID in .env), so that nobody else needs to read them.
set -eu
umask 077
folder=${1:-secrets}
mkdir -p "$folder"

random() { od -An -N32 -tx1 /dev/urandom | tr -d ' \n'; }
keep() { [ -e "$folder/$1" ] || printf '%s' "$2" >"$folder/$1"; }

keep postgres_password "$(random)"
keep mcp_server_token "$(random)"
keep mcp_signing_key "$(random)"
keep metrics_token "$(random)"
keep grafana_password "$(random)"
# Put a key of OpenAI in here, if you have one; empty means none.
keep openai_api_key ''
password=$(cat "$folder/postgres_password")
keep knowledge_base_database_url "postgresql://owflex:$password@postgres:5432/knowledge_base"
keep chat_database_url "postgresql://owflex:$password@postgres:5432/chat"
# Postgres' own user reads this one; the folder keeps the users of this machine out.
chmod 0444 "$folder/postgres_password"

if [ "$(id -u)" = 0 ]; then
    # The user of the image; Postgres' password stays readable for Postgres.
    chown -R 1000:1000 "$folder"
elif [ "$(id -u)" != 1000 ]; then
    echo "Write into .env: OWFLEX_UID=$(id -u) and OWFLEX_GID=$(id -g)"
fi
