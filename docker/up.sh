#!/usr/bin/env bash
# Builds and starts the whole stack of docker/compose.yaml, with its secrets made on the first run, and waits until all
# of it is healthy. Arguments go to `docker compose up`. docker compose -f docker/compose.yaml down ends it.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
docker/secrets.sh
GAVEL_COMMIT=${GAVEL_COMMIT:-$(git rev-parse --short HEAD 2> /dev/null || echo unknown)}
export GAVEL_COMMIT
docker compose -f docker/compose.yaml up --build --detach --wait "$@"
echo "bids http://localhost:7507/openrtb2/bid, https://localhost:7443/openrtb2/bid; admin http://localhost:7508/docs"
echo "Grafana http://localhost:7504 (admin, docker/secrets/grafana.password), Prometheus http://localhost:7503"
