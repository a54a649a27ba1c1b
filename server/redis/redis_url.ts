// `REDIS_URL`: one server, or the nodes of a cluster to start from.
//
//   redis://[user:password@]host[:port][/database]          one server; rediss:// with TLS
//   redis+cluster://[user:password@]host:port,host:port     a cluster; rediss+cluster:// with TLS
//   host:port,host:port  or  redis://host:port,redis://…    a cluster as well: a list of more than one is no server

export interface RedisHost {
  readonly host: string;
  readonly port: number;
}

export interface RedisAddress {
  readonly hosts: readonly RedisHost[];
  readonly cluster: boolean;
  readonly tls: boolean;
  readonly username: string | undefined;
  /** Never logged. */
  readonly password: string | undefined;
  readonly database: number;
}

export interface RedisUrlError {
  readonly code: 'invalid_redis_url';
  readonly problem: string;
}

const PORT = 6379;
const DATABASES = 16;
const SCHEME = /^(rediss?)(\+cluster)?:\/\//;

export function parseRedisUrl(text: string): RedisAddress | RedisUrlError {
  const pieces = text.split(',').map((piece) => piece.trim());
  const scheme = SCHEME.exec(pieces[0] as string);
  const cluster = pieces.length > 1 || scheme?.[2] !== undefined;
  const tls = scheme?.[1] === 'rediss';
  const hosts: RedisHost[] = [];
  let username: string | undefined;
  let password: string | undefined;
  let database = 0;
  for (const [index, piece] of pieces.entries()) {
    const own = SCHEME.exec(piece);
    if (index > 0 && own !== null && own[1] !== (scheme?.[1] ?? 'redis')) {
      return invalid('all hosts of a list have one scheme');
    }
    if (own === null && piece.includes('://')) return invalid('the scheme is redis, rediss, or either with +cluster');
    // A scheme that URL knows nothing special about, so that host and port are left as they are.
    const url = parse(`redis://${piece.replace(SCHEME, '')}`);
    if (url === undefined || url.hostname === '') return invalid(`host ${index + 1} is not host:port`);
    if (url.search !== '' || url.hash !== '') return invalid('no query and no fragment is understood');
    hosts.push({ host: url.hostname.replace(/^\[|\]$/g, ''), port: url.port === '' ? PORT : Number(url.port) });
    if (index === 0) {
      username = url.username === '' ? undefined : decodeURIComponent(url.username);
      password = url.password === '' ? undefined : decodeURIComponent(url.password);
    }
    const path = url.pathname.replace(/^\//, '');
    if (path === '') continue;
    if (cluster) return invalid('a cluster has no databases');
    database = Number(path);
    if (!/^\d+$/.test(path) || database >= DATABASES) return invalid(`database: 0 to ${DATABASES - 1}, not "${path}"`);
  }
  return { hosts, cluster, tls, username, password, database };
}

export function isRedisUrlError(value: RedisAddress | RedisUrlError): value is RedisUrlError {
  return 'code' in value;
}

/** For logs: without the password. */
export function describeAddress({ hosts, cluster, tls }: RedisAddress): string {
  const scheme = `${tls ? 'rediss' : 'redis'}${cluster ? '+cluster' : ''}`;
  return `${scheme}://${hosts.map(({ host, port }) => `${host.includes(':') ? `[${host}]` : host}:${port}`).join(',')}`;
}

function parse(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined;
}

function invalid(problem: string): RedisUrlError {
  return { code: 'invalid_redis_url', problem: `REDIS_URL: ${problem}` };
}
