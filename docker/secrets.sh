#!/usr/bin/env bash
# Makes the secrets of the compose stack in docker/secrets/ (or the folder that is named), where they are missing:
# nothing that is there is changed. To change one, delete its file and start again; a changed password of Postgres or
# Grafana must be told to its volume as well.
#
#   gavel.env           GAVEL_ADMIN_KEY, GAVEL_NOTICE_KEY, REDIS_URL, DATABASE_URL
#   redis.acl, postgres.password, grafana.password
#   tls.crt, tls.key    of nginx: self-signed for localhost; put your own there

set -euo pipefail
folder=${1:-$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)/secrets}

if [[ $folder == --help || $folder == -h ]]; then
  sed -n '2,8s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"
  exit 0
fi

# The folder keeps others out. Its files are mounted one by one, for users that only exist in the containers.
mkdir -p "$folder"
chmod 700 "$folder"
cd "$folder"

# keep FILE: standard input into a file that is not there yet.
keep() {
  if [[ -s $1 ]]; then return; fi
  (umask 022 && cat > "$1.new")
  mv "$1.new" "$1"
  echo "made $folder/$1"
}

# password NAME: the one that was made for it.
password() {
  if [[ ! -s .$1 ]]; then (umask 077 && openssl rand -hex 24 > ".$1"); fi
  cat ".$1"
}

redis=$(password redis)
postgres=$(password postgres)
keep redis.acl <<< "user default on >$redis ~* &* +@all"
keep postgres.password <<< "$postgres"
keep grafana.password <<< "$(password grafana)"
keep gavel.env << END
GAVEL_ADMIN_KEY=$(openssl rand -hex 24)
GAVEL_NOTICE_KEY=$(openssl rand -hex 16)
REDIS_URL=redis://:$redis@redis:6379
DATABASE_URL=postgres://gavel:$postgres@postgres:5432/gavel
END
if [[ ! -s tls.crt || ! -s tls.key ]]; then
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 825 -subj /CN=localhost \
    -addext 'subjectAltName=DNS:localhost,IP:127.0.0.1' -keyout tls.key -out tls.crt 2> /dev/null
  chmod 644 tls.key
  echo "made $folder/tls.crt, self-signed"
fi
